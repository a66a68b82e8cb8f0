"""The sentence encoder: the embedded model's weights, its builder, and the runtime loader."""

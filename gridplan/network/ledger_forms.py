"""The sheets of a utility ledger: their columns, in Chinese and English, and what they mean.

One description serves the reader, the writer and the template. Columns marked ``further`` are left
empty by most stations: the catalogue has their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gridplan.forms import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column.

    Attributes
    ----------
    name : within gridplan
    zh, en : headings of the template, a unit in brackets
    help_zh, help_en : what to write
    also : other headings by which it is known
    choices : what the drop-down offers
    further : leave empty unless the catalogue's value is wrong
    """

    name: str
    zh: str
    en: str
    help_zh: str = ""
    help_en: str = ""
    also: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    further: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSheet:
    """One sheet of the workbook, or one CSV file of the folder."""

    name: str
    zh: str
    fields: tuple[Field, ...]
    form: Form = field(repr=False)


def _sheet(
    name: str,
    titles: tuple[str, ...],
    fields: tuple[Field, ...],
    *,
    needed: tuple[str, ...],
    marks: tuple[str, ...] = (),
    units: Mapping[str, Mapping[str, float]] | None = None,
) -> LedgerSheet:
    form = Form(
        code=f"ledger-{name}",
        columns={one.name: (_bare(one.zh), _bare(one.en), *one.also) for one in fields},
        needed=needed,
        marks=marks,
        sheets=(name, *titles),
        units=units or {},
    )
    return LedgerSheet(name=name, zh=titles[0], fields=fields, form=form)


def _bare(heading: str) -> str:
    return heading.partition("(")[0].strip()


METRES = {"m": 1.0, "米": 1.0, "km": 1000.0, "公里": 1000.0}
_PHASES = ("A", "B", "C", "ABC", "未知")
_AREA = Field(
    name="area", zh="台区编号", en="area", also=("台区", "台区名称", "台区号", "tg_no"),
    help_zh="一个文件只有一个台区时可不填", help_en="may be empty where the file has one area",
)  # fmt: skip


def _number(name: str, zh: str, en: str, help_en: str = "", help_zh: str = "") -> Field:
    return Field(name=name, zh=zh, en=en, help_en=help_en, help_zh=help_zh, further=True)


#: Columns that have the network file's own names and units.
TRAFO_NUMBERS = (
    _number("vn_hv_kv", "高压额定电压(kV)", "vn_hv_kv"),
    _number("vn_lv_kv", "低压额定电压(kV)", "vn_lv_kv"),
    _number("vk_percent", "短路阻抗(%)", "vk_percent"),
    _number("vkr_percent", "短路电阻(%)", "vkr_percent", "load losses over rated power"),
    _number("vk0_percent", "零序阻抗(%)", "vk0_percent", "measured from the LV side", "低压侧实测"),
    _number("vkr0_percent", "零序电阻(%)", "vkr0_percent"),
    _number("mag0_percent", "零序励磁(%)", "mag0_percent"),
    _number("mag0_rx", "零序励磁R/X", "mag0_rx"),
    _number("si0_hv_partial", "零序高压侧份额", "si0_hv_partial"),
    _number("pfe_kw", "空载损耗(kW)", "pfe_kw"),
    _number("i0_percent", "空载电流(%)", "i0_percent"),
    _number("tap_min", "最低档", "tap_min"),
    _number("tap_max", "最高档", "tap_max"),
    _number("tap_neutral", "额定档", "tap_neutral"),
    _number("tap_step_percent", "每档(%)", "tap_step_percent"),
    _number("parallel", "并列台数", "parallel"),
    _number("leakage_resistance_ratio_hv", "高压侧电阻份额", "leakage_resistance_ratio_hv"),
    _number("leakage_reactance_ratio_hv", "高压侧电抗份额", "leakage_reactance_ratio_hv"),
    _number("ambient_surcharge_k", "环境温升(K)", "ambient_surcharge_k"),
)
SOURCE_NUMBERS = (
    _number("vm_pu", "电源电压(pu)", "vm_pu", "of 10 kV, at the transformer", "以10kV为基准"),
    _number("va_degree", "电源相角(度)", "va_degree"),
    _number("s_sc_max_mva", "短路容量(MVA)", "s_sc_max_mva"),
    _number("rx_max", "电源R/X", "rx_max"),
    _number("x0x_max", "电源X0/X", "x0x_max"),
    _number("r0x0_max", "电源R0/X0", "r0x0_max"),
    _number("r1_ohm", "电源R1(Ω)", "r1_ohm"),
    _number("x1_ohm", "电源X1(Ω)", "x1_ohm"),
    _number("r0_ohm", "电源R0(Ω)", "r0_ohm"),
    _number("x0_ohm", "电源X0(Ω)", "x0_ohm"),
    _number("f_hz", "频率(Hz)", "f_hz"),
)
LINE_NUMBERS = (
    _number("r_ohm_per_km", "电阻(Ω/km)", "r_ohm_per_km"),
    _number("x_ohm_per_km", "电抗(Ω/km)", "x_ohm_per_km"),
    _number("r0_ohm_per_km", "零序电阻(Ω/km)", "r0_ohm_per_km"),
    _number("x0_ohm_per_km", "零序电抗(Ω/km)", "x0_ohm_per_km"),
    _number("c_nf_per_km", "电容(nF/km)", "c_nf_per_km"),
    _number("c0_nf_per_km", "零序电容(nF/km)", "c0_nf_per_km"),
    _number("g_us_per_km", "电导(uS/km)", "g_us_per_km"),
    _number("ampacity_a", "载流量(A)", "ampacity_a"),
    _number("neutral_ampacity_a", "零线载流量(A)", "neutral_ampacity_a"),
    _number("protection_a", "保护额定电流(A)", "protection_a", "first section of a circuit"),
    _number("rcd_ma", "剩余电流动作值(mA)", "rcd_ma", "first section of a circuit"),
    _number("leakage_ma", "泄漏电流(mA)", "leakage_ma", "first section of a circuit"),
)
CUSTOMER_POWERS = tuple(
    _number(f"{kind}_{phase}_{unit}", f"{word}{phase.upper()}({unit})", f"{kind}_{phase}_{unit}")
    for kind, unit, word in (("p", "kw", "有功"), ("q", "kvar", "无功"))
    for phase in "abc"
)

TRANSFORMERS = _sheet(
    "transformers",
    ("台区", "变压器", "配变台账"),
    (
        _AREA,
        Field(
            name="model", zh="型号", en="model", also=("变压器型号", "配变型号", "std_type"),
            help_zh="如 S11-100/10", help_en="e.g. S11-100/10",
        ),
        Field(name="kva", zh="额定容量(kVA)", en="rated_kva(kVA)", also=("容量", "配变容量")),
        Field(
            name="group", zh="接线组别", en="vector_group", also=("联结组别", "联接组别"),
            choices=("Yyn0", "Dyn11"), help_zh="见铭牌", help_en="from the nameplate",
        ),
        Field(
            name="tap", zh="档位", en="tap", also=("分接位置", "分接档位"),
            help_zh="I、II、III 或 1 至 5；中间为额定档；-1 也可",
            help_en="I, II, III or 1 to 5 with the rated one in the middle; or -1, 0, +1",
        ),
        Field(name="tap_side", zh="分接侧", en="tap_side", choices=("hv", "lv"), further=True),
        Field(name="shift_degree", zh="相位移(度)", en="shift_degree", further=True),
        Field(name="name", zh="变压器编号", en="transformer_id", further=True),
        *TRAFO_NUMBERS,
        *SOURCE_NUMBERS,
    ),
    needed=("model",),
    marks=("group", "kva"),
    units={"kva": {"kVA": 1.0, "MVA": 1000.0}},
)  # fmt: skip
POLES = _sheet(
    "poles",
    ("杆塔", "电杆", "杆塔台账"),
    (
        _AREA,
        Field(name="pole", zh="杆号", en="pole", also=("电杆编号", "杆塔编号", "杆塔号")),
        Field(
            name="role", zh="类型", en="role",
            choices=("杆", "低压母线", "高压侧", "电源", "表箱", "入户点"),
            help_zh="空为杆", help_en="pole if empty; busbar, hv, source, box, home",
            further=True,
        ),
        Field(name="x", zh="X(m)", en="x(m)", also=("X坐标",)),
        Field(name="y", zh="Y(m)", en="y(m)", also=("Y坐标",)),
        Field(name="lon", zh="经度", en="longitude", also=("lng",)),
        Field(name="lat", zh="纬度", en="latitude"),
        Field(
            name="span_m", zh="档距(m)", en="span_m", also=("挡距",),
            help_zh="到上一杆的距离；无坐标时用", help_en="to the pole before, without coordinates",
        ),
        _number("vn_kv", "额定电压(kV)", "vn_kv"),
    ),
    needed=("pole",),
    marks=("x", "lon", "span_m"),
    units={"span_m": METRES, "x": METRES, "y": METRES},
)  # fmt: skip
SECTIONS = _sheet(
    "lines",
    ("线路", "线路台账", "低压线路", "导线"),
    (
        _AREA,
        Field(name="name", zh="线段编号", en="section_id", also=("线段", "线路编号"),
              help_zh="空为止杆号", help_en="the end pole's if empty"),
        Field(name="from_pole", zh="起杆", en="from_pole", also=("起点杆号", "起始杆", "起杆号"),
              help_zh="第一档写：变压器", help_en="transformer for the first span"),
        Field(name="to_pole", zh="止杆", en="to_pole", also=("终点杆号", "终止杆", "止杆号")),
        Field(name="model", zh="导线型号", en="conductor", also=("型号", "导线规格", "std_type")),
        Field(name="length_m", zh="长度(m)", en="length_m", also=("线长", "档距")),
        Field(name="phases", zh="相数", en="phases", also=("线制",), choices=("3", "1"),
              help_zh="单相分支写 1", help_en="1 for a single-phase lateral"),
        Field(name="phase", zh="相别", en="phase", choices=_PHASES,
              help_zh="单相分支接哪相", help_en="of a single-phase lateral"),
        Field(name="branch", zh="分支名称", en="lateral", also=("支线名称",),
              help_zh="同一单相分支写同一名称", help_en="the same for all sections of a lateral"),
        Field(name="circuit", zh="出线回路", en="circuit", also=("回路", "出线")),
        Field(name="section", zh="线路类别", en="section_kind", further=True,
              choices=("主干", "分支", "接户线")),
        Field(name="neutral_open", zh="断零", en="neutral_open", choices=("是", "否"),
              further=True),
        *LINE_NUMBERS,
    ),
    needed=("from_pole", "to_pole"),
    units={"length_m": METRES},
)  # fmt: skip
BOXES = _sheet(
    "boxes",
    ("表箱", "计量箱", "表箱台账"),
    (
        _AREA,
        Field(name="box", zh="表箱编号", en="box", also=("表箱", "计量箱编号", "表箱号")),
        Field(name="pole", zh="杆号", en="pole", also=("接火杆", "所在杆")),
        Field(name="wires", zh="线制", en="wires", also=("进线", "相线制"), choices=("2", "4"),
              help_zh="两线整箱调相；四线可逐户调相",
              help_en="2: the box moves as a whole; 4: each home can move"),
        Field(name="phase", zh="相别", en="phase", choices=_PHASES,
              help_zh="两线表箱接哪相", help_en="of a two-wire box"),
        Field(name="model", zh="下户线型号", en="conductor", also=("导线型号", "接户线型号")),
        Field(name="length_m", zh="下户线长度(m)", en="length_m", also=("接户线长度", "长度"),
              help_zh="空为表箱就在杆上", help_en="empty: the box is on the pole"),
        Field(name="x", zh="X(m)", en="x(m)"),
        Field(name="y", zh="Y(m)", en="y(m)"),
    ),
    needed=("box", "pole"),
    units={"length_m": METRES, "x": METRES, "y": METRES},
)  # fmt: skip
CUSTOMERS = _sheet(
    "customers",
    ("用户", "用户台账", "客户", "户表"),
    (
        _AREA,
        Field(name="customer_id", zh="户号", en="customer_id", also=("用户编号", "客户编号")),
        Field(name="box", zh="表箱", en="box", also=("表箱编号", "计量箱编号", "表箱号")),
        Field(name="pole", zh="杆号", en="pole", also=("接火杆",),
              help_zh="不经表箱时填", help_en="where there is no box"),
        Field(name="phase", zh="相别", en="phase", also=("相位", "所接相别"), choices=_PHASES,
              help_zh="不清楚写 未知", help_en="unknown where nobody knows"),
        Field(name="supply", zh="单/三相", en="supply", also=("单三相", "接入方式", "供电相数"),
              choices=("单相", "三相")),
        Field(name="capacity_kw", zh="容量(kW)", en="capacity_kw", also=("合同容量", "报装容量")),
        Field(name="kind", zh="类别", en="kind", also=("用电类别", "用户类别"),
              choices=("居民", "空置", "万瓦户", "抽水", "碾米", "养殖", "商店", "公共", "光伏")),
        Field(name="kw", zh="负荷(kW)", en="load_kw", help_zh="常用负荷；空为按类别假定",
              help_en="usual load; empty: assumed by kind"),
        Field(name="kvar", zh="无功(kvar)", en="load_kvar", further=True),
        Field(name="meter", zh="电表规格(A)", en="meter_a", also=("电表电流", "额定电流"),
              help_zh="如 5(60)", help_en="e.g. 5(60)"),
        Field(name="home", zh="入户点", en="home_node", help_zh="空为户号",
              help_en="the customer number if empty", further=True),
        Field(name="model", zh="入户线型号", en="conductor", also=("导线型号",)),
        Field(name="length_m", zh="入户线长度(m)", en="length_m", also=("长度",),
              help_zh="空为就在表箱", help_en="empty: at the box"),
        Field(name="unit", zh="可调相单元", en="movable_unit", further=True),
        Field(name="may_move", zh="可调相", en="may_move", choices=("是", "否"), further=True),
        Field(name="confidence", zh="相别可信度", en="phase_confidence", further=True),
        Field(name="priority", zh="重要用户", en="priority", also=("保电",), choices=("是", "否")),
        Field(name="wiring", zh="接法", en="wiring", choices=("wye", "delta", "earth"),
              further=True),
        _number("const_z_percent", "恒阻抗(%)", "const_z_percent"),
        _number("const_i_percent", "恒电流(%)", "const_i_percent"),
        Field(name="x", zh="X(m)", en="x(m)", further=True),
        Field(name="y", zh="Y(m)", en="y(m)", further=True),
        *CUSTOMER_POWERS,
    ),
    needed=("customer_id",),
    units={"length_m": METRES, "x": METRES, "y": METRES, "capacity_kw": {"kW": 1.0, "kVA": 1.0}},
)  # fmt: skip
MATRIX = _sheet(
    "line_matrix",
    ("导线矩阵",),
    (
        Field(name="line", zh="线段编号", en="section_id"),
        Field(name="i", zh="导体1", en="i", choices=("a", "b", "c", "n")),
        Field(name="j", zh="导体2", en="j", choices=("a", "b", "c", "n")),
        *LINE_NUMBERS[:2],
        _number("c_nf_per_km", "电容(nF/km)", "c_nf_per_km"),
        _number("g_us_per_km", "电导(uS/km)", "g_us_per_km"),
    ),
    needed=("line", "i", "j", "r_ohm_per_km", "x_ohm_per_km"),
)
GROUNDINGS = _sheet(
    "grounding",
    ("接地",),
    (
        Field(name="pole", zh="杆号", en="pole"),
        _number("r_ohm", "接地电阻(Ω)", "r_ohm"),
        _number("x_ohm", "接地电抗(Ω)", "x_ohm"),
    ),
    needed=("pole", "r_ohm"),
)
SHUNTS = _sheet(
    "node_shunt",
    ("补偿装置",),
    (
        Field(name="name", zh="名称", en="name"),
        Field(name="pole", zh="杆号", en="pole"),
        Field(name="i", zh="导体1", en="i", choices=("a", "b", "c", "n")),
        Field(name="j", zh="导体2", en="j", choices=("a", "b", "c", "n")),
        _number("g_us", "电导(uS)", "g_us"),
        _number("b_us", "电纳(uS)", "b_us"),
    ),
    needed=("pole", "i", "j", "b_us"),
)

#: The sheets of every ledger, then those that few have.
SHEETS = (TRANSFORMERS, POLES, SECTIONS, BOXES, CUSTOMERS)
FURTHER_SHEETS = (MATRIX, GROUNDINGS, SHUNTS)
#: Sheets of the template that are for reading.
READING = ("说明", "explanations", "选项")

"""What stations call the things that several of their tables name."""

from __future__ import annotations

from collections.abc import Mapping

from gridplan.forms import Form

STATION = ("供电所", "所属供电所", "供电所名称", "供电单位")
AREA = ("台区编号", "台区号", "台区编码", "台区", "area_id", "tg_no", "ta_no", "tqbh")
CUSTOMER = ("户号", "用户编号", "用户号", "客户编号", "用电户号", "cons_no", "yhbh")
DATE = ("日期", "数据日期", "data_date")
KVA: Mapping[str, float] = {"kVA": 1.0, "MVA": 1000.0}
KW: Mapping[str, float] = {"kW": 1.0, "W": 0.001}

#: One row per transformer area.
TRANSFORMERS = Form(
    code="transformer",
    columns={
        "station": STATION,
        "area": (*AREA, "transformer", "id"),
        "sn_kva": ("额定容量", "容量", "配变容量", "变压器容量", "额定容量kva", "kva", "tg_cap"),
        "vector_group": ("联结组标号", "联结组别", "联结组", "接线组别"),
        "homes": ("户数", "总户数", "用户数", "居民户数"),
        "homes_lived_in": ("常住户数", "常住户"),
    },
    needed=("area", "sn_kva"),
    sheets=("transformers", "台区", "台区台账", "配变", "变压器"),
    units={"sn_kva": KVA},
)

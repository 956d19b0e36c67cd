"""Words by which ledgers and lists name the kinds of customers, in Chinese and English."""

from __future__ import annotations

import re

#: Words of ledgers by kind, in the order in which they are looked for.
WORDS = {
    "ebike": ("电动自行车", "充电桩", "充电点", "ebike", "e-bike"),
    "farm": ("养猪", "养殖", "养鸡", "猪场", "pig farm", "farm"),
    "tea_dryer": ("烤茶", "制茶", "茶厂", "tea"),
    "tobacco_dryer": ("烤烟", "烟叶", "tobacco"),
    "pump": ("抽水", "水泵", "机井", "排灌", "灌溉", "提灌", "果园", "orchard pump", "pump"),
    "mill": ("碾米", "饲料", "磨坊", "加工", "mill"),
    "shop": ("冷库", "超市", "商店", "小卖部", "cold store", "shop"),
    "public": ("村委", "卫生室", "学校", "公共", "路灯", "public", "school", "clinic"),
    "pv": ("光伏", "pv", "photovoltaic"),
    "three_phase": ("动力", "三相", "three_phase", "three-phase"),
}

#: The same for homes and feasts, which lists of special loads do not have.
HOME_WORDS = {
    "vacant": ("空置", "空房", "空挂", "返乡", "外出", "无人", "vacant"),
    "ten_kilowatt": ("万瓦", "ten_kilowatt", "ten kilowatt"),
    "resident": ("居民", "生活", "常住", "住户", "resident", "home"),
    "feast": ("宴席", "酒席", "feast"),
}


def kind_of(text: str, *, homes: bool = False) -> str | None:
    """Kind that a ledger's words mean; None where they are not known."""
    plain = re.sub(r"\s+", " ", text).strip().casefold()
    words = {**HOME_WORDS, **WORDS} if homes else WORDS
    return next((kind for kind, known in words.items() if any(one in plain for one in known)), None)

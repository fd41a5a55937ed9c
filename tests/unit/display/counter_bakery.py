"""A bakery that takes orders at its counter: its products, in both languages."""

from edge.info import Product, StoreInfo
from edge.words import Language

BREADS = (
    ("bread-baguette", "法棍", "Baguette"),
    ("bread-bagel", "原味贝果", "Plain bagel"),
    ("bread-croissant", "可颂", "Croissant"),
    ("bread-sourdough", "乡村酸种", "Sourdough loaf"),
)


def products(language: Language = "en") -> tuple[Product, ...]:
    """Four breads, and two cakes that take three hours."""
    zh = language == "zh"
    milk = ("鸡蛋", "牛奶") if zh else ("egg", "milk")
    return (
        *(Product(code, chinese if zh else english) for code, chinese, english in BREADS),
        Product(
            "cake-strawberry",
            "草莓奶油蛋糕" if zh else "Strawberry cream cake",
            sizes=("6寸", "8寸", "10寸") if zh else ("6in", "8in", "10in"),
            flavours=("原味", "巧克力") if zh else ("vanilla", "chocolate"),
            options=("夹心:芒果", "生日帽", "少糖") if zh else ("mango filling", "party hat", "less sugar"),
            allergens=milk,
            cake_text=True,
            lead_minutes=180,
        ),
        Product(
            "cake-mousse",
            "芒果慕斯" if zh else "Mango mousse",
            sizes=("6寸",) if zh else ("6in",),
            allergens=milk,
            lead_minutes=180,
        ),
    )


def a_store(language: Language = "en") -> StoreInfo:
    """The store as its hub introduces it."""
    return StoreInfo("hz-0012", "Wheatfield", language, products=products(language))

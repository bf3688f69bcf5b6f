import json
import random
import re
import time

import pytest

from shopassist.personal import found, normal_form
from shopassist.vault import BOUND, Hidden, Vault

# What customers write -> what everybody but the owner and his tools sees.
HIDDEN = [
    # mobiles, as they are typed
    ("我的电话是13800138000", "我的电话是<PHONE_1>"),
    ("手机号换成 138 0013 8000 谢谢", "手机号换成 <PHONE_1> 谢谢"),
    ("打我138-0013-8000", "打我<PHONE_1>"),
    ("138·0013·8000这个号", "<PHONE_1>这个号"),
    ("138.0013.8000", "<PHONE_1>"),
    ("１３８００１３８０００", "<PHONE_1>"),
    ("电话：1380013 8000", "电话：<PHONE_1>"),
    ("我号码13800 138000", "我号码<PHONE_1>"),
    ("1 3 8 0 0 1 3 8 0 0 0", "<PHONE_1>"),
    ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "<PHONE_1>\ufe0f\u20e3"),
    ("+86 138 0013 8000", "<PHONE_1>"),
    ("+86-13800138000", "<PHONE_1>"),
    ("0086 13800138000", "<PHONE_1>"),
    ("（86）13800138000", "<PHONE_1>"),
    ("(+86)138 0013 8000", "<PHONE_1>"),
    ("8613800138000", "<PHONE_1>"),
    ("外地打加0：013800138000", "外地打加0：<PHONE_1>"),
    ("一三八零零一三八零零零", "<PHONE_1>"),
    ("我电话幺三八〇〇幺三八〇〇〇，记一下", "我电话<PHONE_1>，记一下"),
    ("幺38 0013 八千", "幺38 0013 八千"),  # no number yet
    ("幺三八 0013 八零零零", "<PHONE_1>"),
    # mobiles, where they stand
    ("张伟13800138000上海市浦东新区世纪大道100号", "张伟<PHONE_1>上海市浦东新区世纪大道100号"),
    ("上海市浦东新区世纪大道100号 张伟 13800138000", "上海市浦东新区世纪大道100号 张伟 <PHONE_1>"),
    ("幸福小区3-2-501-13800138000", "幸福小区3-2-501-<PHONE_1>"),
    ("手机13800138000-501室", "手机<PHONE_1>-501室"),
    ("下单手机13800138000。根本就没送", "下单手机<PHONE_1>。根本就没送"),
    ("我要出差，联系电话改为13912345678", "我要出差，联系电话改为<PHONE_1>"),
    ("13800138000，通过手机号，能查到订单吗", "<PHONE_1>，通过手机号，能查到订单吗"),
    ("帮我查订单 13800138000", "帮我查订单 <PHONE_1>"),
    ("快递13712345678打不通", "快递<PHONE_1>打不通"),
    ("订单ORD20241201002的电话改成13912345678", "订单ORD20241201002的电话改成<PHONE_1>"),
    ("微信同号v13800138000", "微信同号v<PHONE_1>"),
    ("Tel:13800138000", "Tel:<PHONE_1>"),
    ("Emma13655556666", "Emma<PHONE_1>"),
    ("①13800138000②13912345678", "①<PHONE_1>②<PHONE_2>"),
    ("应该是 1 3 9-1234-5678", "应该是 <PHONE_1>"),
    ("两个号13800138000/13912345678都行", "两个号<PHONE_1>/<PHONE_2>都行"),
    ("虚拟号17012345678转1234", "虚拟号<PHONE_1>"),
    ("17012345678-1234", "<PHONE_1>"),
    ("手机号1380013800", "手机号<PHONE_1>"),  # a digit short, and still his
    # landlines and numbers abroad
    ("座机010-12345678", "座机<PHONE_1>"),
    ("0571 8888 8888找前台", "<PHONE_1>找前台"),
    ("(0755)8888-8888转801", "<PHONE_1>"),
    ("0311-86911999", "<PHONE_1>"),
    ("公司电话02087654321", "公司电话<PHONE_1>"),
    ("家里电话是69012385", "家里电话是<PHONE_1>"),
    ("My phone is +1 (415) 555-2671.", "My phone is <PHONE_1>."),
    ("call me at 415-555-2671 please", "call me at <PHONE_1> please"),
    ("reach me on 4155552671", "reach me on <PHONE_1>"),
    ("Please use +44 20 7946 0958 instead", "Please use <PHONE_1> instead"),
    ("香港号+852 9123 4567可以吗", "香港号<PHONE_1>可以吗"),
    ("my number is 07911 123456", "my number is <PHONE_1>"),
    # e-mail
    ("发票发到zhang.wei_88@qq.com谢谢", "发票发到<EMAIL_1>谢谢"),
    ("邮箱：13800138000@139.com", "邮箱：<EMAIL_1>"),
    ("abc＠163．com", "<EMAIL_1>"),
    ("邮箱-wang@qq。com", "邮箱-<EMAIL_1>"),
    ("abc @qq.com 电子发票发到这个邮箱", "<EMAIL_1> 电子发票发到这个邮箱"),
    ("123456@qq", "<EMAIL_1>"),
    ("wang@163.com13800138000", "<EMAIL_1><PHONE_1>"),
    ("send the invoice to Emma.Clark+shop@mail.example.co.uk, thanks", "send the invoice to <EMAIL_1>, thanks"),
    # resident ids
    ("身份证11010519491231002X", "身份证<ID_1>"),
    ("实名用 110101199003074514 可以吗", "实名用 <ID_1> 可以吗"),
    ("110105 19491231 002x", "<ID_1>"),
    ("１１０１０５１９４９１２３１００２Ｘ", "<ID_1>"),
    ("订单号11010519491231002X", "订单号<ID_1>"),  # its check digit says more than the word
    ("身份证号：110105194912310021", "身份证号：<ID_1>"),  # mistyped, and still his
    ("老身份证110105491231002", "老身份证<ID_1>"),
    ("my id card: 110105491231002", "my id card: <ID_1>"),
    # bank cards
    ("退到6222021234567890128", "退到<CARD_1>"),
    ("6222 0212 3456 7890 128 是我的", "<CARD_1> 是我的"),
    ("退到卡号6222021234567890123", "退到卡号<CARD_1>"),  # mistyped, and still his
    ("两张：4111 1111 1111 1111 6222 0212 3456 7890 128", "两张：<CARD_1> <CARD_2>"),
    ("卡号 6217 0012 1002 4455 220", "卡号 <CARD_1>"),
    ("4111 1111 1111 1111 12/26 123", "<CARD_1> 12/26 123"),
    ("4111-1111-1111-1111", "<CARD_1>"),
    ("I paid with card 5500005555555559", "I paid with card <CARD_1>"),
    ("amex 3782 822463 10005", "amex <CARD_1>"),
    ("银行卡：4111111111111111，户名张伟，电话13800138000", "银行卡：<CARD_1>，户名张伟，电话<PHONE_1>"),
    ("订单ORD20241201002退款打到4111111111111111", "订单ORD20241201002退款打到<CARD_1>"),
    # several at once
    (
        "张伟 13800138000 身份证11010519491231002X 邮箱a@b.cn",
        "张伟 <PHONE_1> 身份证<ID_1> 邮箱<EMAIL_1>",
    ),
    ("订单号13800138000，手机13800138000", "订单号<PHONE_1>，手机<PHONE_1>"),  # known to be personal: everywhere
]

VISIBLE = [
    # orders
    "帮我把订单ORD20241201002取消了",
    "订单6920241201000012345什么时候发货",
    "6920241201000012345",
    "订单编号：240101-123456789012345",
    "咨询订单号:313021098954    商品ID:100042754736",
    "订单号50778795174和59671095217",
    "订单号13912345678怎么还没发货",
    "订单号：4111111111111111",
    "单号4111 1111 1111 1111",
    "我的订单号是 6222021234567890128 和 4111111111111111",
    "价格159 1299 1599 哪个好",
    "4111111111111111这个订单退了吗",
    "2412010012345678901",
    "order number 4111111111111111",
    "order #4111111111111111 has not arrived",
    "4111111111111111 is my order number",
    "Where is my order ORD20241204010?",
    "#W2378156 and #W5918442, cancel both",
    "尾号003那个订单",
    "RET20241203001到哪一步了",
    "6222021234567890123",
    "流水号4200002345202412051234567890",
    "退款单号 50300902042024120512345678901",
    # parcels
    "SF123456789CN到哪了",
    "JD0098765432101",
    "YT1234567890123一直没动",
    "VF13800138000 快递员电话打不通",
    "快递单号 773012345678901",
    "运单4111111111111111",
    "快递 4111111111111111 到哪了",
    "tracking no. 9400110200881234567890",
    "tracking 4111111111111111",
    "中通78912345678901",
    "取件码3-2-8012",
    # products, prices, quantities, time
    "P-1001和P-1002有什么区别",
    "K87红轴有货吗",
    "移动电源20000mAh能上飞机吗",
    "4K显示器U27分辨率3840×2160",
    "¥599和¥1299差在哪",
    "1299元的那款",
    "买10000个多少钱",
    "13800138000元",
    "2024-12-01 13:30下的单",
    "20241201下单，20241205还没发",
    "2024年12月1日到2024年12月31日",
    "上午9:00-12:00，下午13:30-18:00",
    "满500减50，满1000减120",
    "手机100012043978有货吗",
    "条码6901234567892",
    "IMEI 356938035643809",
    "序列号 110105491231002",
    "65W charger, 20000 mAh, 3.14159265358979",
    "WH-1000XM5 or QC45?",
    "666666666666666666666666",
    "https://item.taobao.com/item.htm?id=13912345678",
    "https://item.jd.com/13512345678.html 这款",
    "icon@2x.png打不开",
    "@蒙牛乳业 怎么说",
    # public numbers, tax numbers
    "400-820-8820打不通",
    "客服电话4008208820",
    "800 810 8888",
    "+86 400 820 8820",
    "我要打12315和95588",
    "税号91310000MA1FL3XXXX，抬头云集数码",
    "911100007109328220",
    "税号：440106790123456",
    "纳税人识别号 91440300708461136T",
    # numerals and what is masked already
    "一二三四五六七八九十",
    "三百二十八块一十九",
    "138****8000是我的",
    "手机尾号8000",
    "数量 10 20 30 40 50",
    "hello, is the Pro waterproof?",
    "",
    "😀😀",
    "\ud800坏字符\udfff",
]


@pytest.mark.parametrize(("text", "seen"), HIDDEN)
def test_what_is_personal_is_hidden_and_nothing_else(text, seen):
    vault = Vault()
    assert vault.hide(text) == seen
    assert re.sub(r"\s", "", vault.normal(vault.reveal(seen))) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("text", VISIBLE)
def test_what_the_shop_works_with_stays(text):
    vault = Vault()
    assert vault.hide(text) == text
    assert vault.to_dict() == {}


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        ("phone", "138 0013 8000", "13800138000"),
        ("phone", "+86-138·0013·8000", "13800138000"),
        ("phone", "(0086)13800138000", "13800138000"),
        ("phone", "１３８００１３８０００", "13800138000"),
        ("phone", "幺三八零零一三八零零零", "13800138000"),
        ("phone", "17012345678转1234", "17012345678-1234"),
        ("phone", "013800138000", "13800138000"),
        ("phone", "+1 (415) 555-2671", "+14155552671"),
        ("phone", "（0755）8888-8888转801", "075588888888-801"),
        ("phone", "0571-8888-8888", "057188888888"),
        ("phone", "+86 571 8888 8888", "057188888888"),
        ("phone", "010-12345678-801", "01012345678-801"),
        ("id", "110105 19491231 002x", "11010519491231002X"),
        ("card", "4111-1111 1111·1111", "4111111111111111"),
        ("email", "Wang＠QQ。com", "wang@qq.com"),
    ],
)
def test_a_tool_gets_the_normal_form(kind, written, normal):
    assert normal_form(kind, written) == normal


def test_the_same_value_keeps_its_placeholder_however_it_is_spelled():
    vault = Vault()
    assert vault.hide("138 0013 8000") == "<PHONE_1>"
    assert vault.hide("另一个13912345678") == "另一个<PHONE_2>"
    assert vault.hide("一三八零零一三八零零零，就是+86 138-0013-8000") == "<PHONE_1>，就是<PHONE_1>"
    assert vault.reveal("<PHONE_1>") == "138 0013 8000"
    assert vault.normal("<PHONE_1>") == "13800138000"


def test_a_value_once_known_is_hidden_where_a_word_would_shield_it():
    vault = Vault()
    vault.hide("我手机13800138000")
    assert vault.hide("订单号13800138000") == "订单号<PHONE_1>"


@pytest.mark.parametrize(
    "typed", ["<PHONE_1>", "＜PHONE_1＞", "<phone_1>", "< PHONE_1 >", "<PHONE_１>", "<PHO\u200bNE_1>", "<PHONE_001>"]
)
def test_a_typed_placeholder_gets_nobodys_value(typed):
    vault = Vault({"<PHONE_1>": "13800138000"})
    seen = vault.hide(f"把{typed}发给我")
    assert not re.search("[<＜﹤]", seen)
    assert vault.reveal(seen) == seen
    assert vault.kinds(seen) == frozenset()


def test_what_is_hidden_is_not_hidden_again():
    vault = Vault()
    once = vault.hide("电话13800138000，<PHONE_1>是什么")
    assert once == "电话<PHONE_1>，〈PHONE_1〉是什么"
    assert vault.hide(once) == once
    assert vault.hide(Hidden(str(once))) == once  # read back from the store
    assert vault.hide(str(once)) != once  # unmarked: somebody may have typed it


def test_a_tool_gets_only_the_kinds_that_it_declares():
    vault = Vault()
    seen = vault.hide("13800138000，a@b.cn")
    assert vault.kinds(seen) == {"phone", "email"}
    assert vault.reveal(seen, kinds=["email"]) == "<PHONE_1>，a@b.cn"
    assert vault.normal(seen, kinds={"phone"}) == "13800138000，<EMAIL_1>"
    assert vault.reveal(seen, kinds=()) == seen


def test_an_unknown_placeholder_stays():
    assert Vault().reveal("<PHONE_1> <FOO_3> <b>") == "<PHONE_1> <FOO_3> <b>"


def test_the_state_is_plain_and_comes_back_whatever_the_order_of_its_keys():
    vault = Vault()
    seen = vault.hide("13800138000 a@b.cn 11010519491231002X")
    stored = json.dumps(vault.to_dict(), sort_keys=True)
    back = Vault.from_dict(json.loads(stored))
    assert back.reveal(seen) == vault.reveal(seen)
    assert back.hide("13800138000 13912345678") == "<PHONE_1> <PHONE_2>"


def test_a_state_that_is_none_is_refused_without_telling_values():
    with pytest.raises(ValueError, match="phone") as refused:
        Vault({"phone": "13800138000"})
    assert "138" not in str(refused.value)


def test_a_vault_shows_no_value_in_a_log():
    vault = Vault()
    vault.hide("13800138000")
    assert repr(vault) == "Vault(<PHONE_1>)"


def test_a_vault_is_bounded_and_gives_no_number_twice():
    vault, given = Vault(), []
    vault.hide("a@b.cn")
    for number in range(2 * BOUND):
        given.append(str(vault.hide(f"139{number:08d}")))
        vault = Vault.from_dict(json.loads(json.dumps(vault.to_dict(), sort_keys=True)))
    assert len(set(given)) == 2 * BOUND
    assert len(vault.to_dict()) == BOUND
    assert vault.reveal(given[0]) == given[0]
    assert vault.reveal(given[-1]) == f"139{2 * BOUND - 1:08d}"
    assert vault.reveal("<EMAIL_1>") == "a@b.cn"  # a flood of one kind leaves the others


def _resident(rnd):
    body = f"{rnd.choice(['110105', '440106', '310115'])}{rnd.randint(1950, 2010)}{rnd.randint(1, 12):02}{rnd.randint(1, 28):02}{rnd.randint(0, 999):03}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(weights, body, strict=True)) % 11]


def _card(rnd):
    body = rnd.choice(["622202", "621700", "411111"]) + "".join(rnd.choices("0123456789", k=9))
    total = sum(sum(divmod(int(c) * (2 - i % 2), 10)) for i, c in enumerate(body))
    return body + str(-total % 10)


def _spelled(rnd, digits):
    cut = [digits[:3], digits[3:7], digits[7:]]
    spoken = digits.translate(str.maketrans("0123456789", "零幺二三四五六七八九"))
    wide = digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return rnd.choice(
        [digits, "-".join(cut), " ".join(cut), "·".join(cut), "+86 " + digits, "0086-" + digits, wide, spoken]
    )


VALUES = [
    lambda rnd: _spelled(rnd, f"1{rnd.choice('3456789')}{rnd.randrange(10**9):09d}"),
    lambda rnd: f"0571-{rnd.randint(20000000, 89999999)}",
    _resident,
    _card,
    lambda rnd: (
        f"{rnd.choice(['li', 'wang.w', 'a_b'])}{rnd.randrange(999)}@{rnd.choice(['qq.com', '163.com', 'mail.example.org'])}"
    ),
]
WORDS = ["电话", "我的", "，", "。", " 卡 ", "ORD20241201002 ", "SF123456789CN ", "¥599", "\n", "😀", "\ud800", " please ", "<b>", "＜", "《", "、", "：", "2024-12-01 ", "K87", "㎏", "①", "(", ")"]  # fmt: skip


def test_random_texts_come_back_and_leak_no_digits():
    rnd = random.Random(20241205)
    for _ in range(400):
        values = [rnd.choice(VALUES)(rnd) for _ in range(rnd.randint(0, 4))]
        words = rnd.choices(WORDS, k=rnd.randint(0, 8))
        mixed = rnd.sample([f"，{v}。" for v in values] + words, k=len(values) + len(words))
        text = "".join(mixed)
        vault = Vault()
        seen = vault.hide(text)
        assert vault.reveal(seen) == text
        assert vault.hide(seen) == seen
        assert len(vault.to_dict()) == len(values)
        for key in vault.to_dict():
            assert vault.normal(key) not in seen
        for code in ("ORD20241201002", "SF123456789CN", "¥599", "2024-12-01", "K87"):
            assert seen.count(code) == text.count(code)


def test_random_order_numbers_after_their_name_stay():
    rnd = random.Random(7)
    for _ in range(300):
        name = rnd.choice(["订单号", "单号：", "运单 ", "快递单号是", "订单编号:", "order number ", "tracking #"])
        text = f"{name}{_card(rnd)}，麻烦看下"
        assert Vault().hide(text) == text


def test_random_long_numbers_are_rarely_taken_for_a_card():
    rnd = random.Random(11)
    numbers = [f"{rnd.randint(1, 9)}{rnd.randrange(10**18):018d}" for _ in range(2000)]
    assert sum(bool(found(n)) for n in numbers) <= 20  # Luhn alone would take 200


@pytest.mark.parametrize(
    "piece",
    [
        "您好我昨天买的耳机什么时候能到，订单ORD20241201002，我的电话是13800138000。", "1", "1 3 8 ", "138 ", "13", "4111111111111112 ",
        "13800138000-", "a@", "a.", "a@a.", "<", "<phone_", "+1", "+86 ", "(", "1---", "订单号", "订单号 ", "卡号::::", "一三", "一 三 八 ",
        "\ud800", "http://1", "www.138", "+22 22 ", "0571 8888 ", "110101199003074515 ", "１３８", "-", "call me ", "手机号改成",
    ],
)  # fmt: skip
def test_time_is_linear_in_the_text(piece):
    def taken(length):
        text = (piece * length)[:length]
        return min(_timed(text) for _ in range(3))

    assert taken(20_000) < 20 * max(taken(4_000), 0.0005)  # quadratic: 25 times, and more


def _timed(text):
    began = time.process_time()
    Vault().hide(text)
    return time.process_time() - began

"""Values that are whole, and of their own slot: addresses with all their parts, names that are names, no private reasons."""

from datetime import date

import pytest

from shopassist.language.reasons import paid_to
from shopassist.language.slots import slots

TODAY = date(2024, 12, 5)


def values(text, wanted=None):
    return {f.name: f.value for f in slots(text, "zh", today=TODAY, wanted=wanted)}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("its 88 Huaihai Road Middle, Shanghai, apt 12", "88 Huaihai Road Middle, Shanghai, apt 12"),
        ("上海 徐汇 漕溪北路88号 圣爱大厦 1203室", None),
        ("浙江 杭州 西湖区 文三路478号 3幢 502", None),
        ("漕溪北路88号圣爱大厦1203", None),
        ("深圳 南山 科技园 南区 腾讯大厦 35层", None),
        ("科苑路88号 德国中心 2号楼 710", None),
        ("北京朝阳区建国路88号SOHO现代城 A座 1802 谢谢", "北京朝阳区建国路88号SOHO现代城 A座 1802"),
        ("上海市徐汇区漕溪北路88号 张伟 13812345678", "上海市徐汇区漕溪北路88号"),
        ("改到上海徐汇漕溪北路88号 麻烦尽快发货", "上海徐汇漕溪北路88号"),
        ("文三路478号，什么时候能到", "文三路478号"),
        ("Shanghai, 88 Huaihai Road, Clark Tower, 12th floor", None),
        ("Room 1203, Shengai Building, 88 North Caoxi Road, Xuhui, Shanghai 200030", None),
        ("88 Huaihai Road Middle please, and hurry", "88 Huaihai Road Middle"),
    ],
)
def test_the_answer_to_where_is_the_whole_address(text, address):
    assert values(text, "address")["address"] == (address or text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("地址改成 上海 徐汇 漕溪北路88号 圣爱大厦 1203室", "上海 徐汇 漕溪北路88号 圣爱大厦 1203室"),
        (
            "change my address to 88 Huaihai Road Middle, Shanghai, apt 12 please",
            "88 Huaihai Road Middle, Shanghai, apt 12",
        ),
        ("地址改成文三路478号 顺便催一下快递", "文三路478号"),
        ("地址改成杭州市西湖区文三路478号 电话13812345678", "杭州市西湖区文三路478号"),
        ("地址改成漕溪北路88号 什么时候发货", "漕溪北路88号"),
    ],
)
def test_an_address_in_a_sentence_takes_its_neighbouring_parts_and_no_more(text, address):
    assert values(text)["address"] == address


@pytest.mark.parametrize(
    "text",
    [
        "电话错了 应该是15912340000",
        "电话改成 应该打15912340000",
        "单位 15912340000",
        "周末打15912340000",
        "方便的话打 15912340000",
        "联系方式改一下 查收15912340000",
        "the phone is wrong, it should be 15912340000",
        "change the contact to 15912340000",
        "change the recipient to the correct one",
    ],
)
def test_words_that_only_lead_to_a_number_are_no_name(text):
    assert "recipient" not in values(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("收件人写错了 应该是张伟", "张伟"),
        ("收件人张伟 15912340000", "张伟"),
        ("李小龙，15912340000", "李小龙"),
        ("王和平15912340000", "王和平"),
        ("单静 13812345678", "单静"),
        ("recipient should be Tom Hardy", "Tom Hardy"),
    ],
)
def test_a_name_beside_such_words_is_one(text, name):
    assert values(text)["recipient"] == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("因为卡号<card_1>", None),
        ("我的身份证是<id_1>", None),
        ("账号是62220212345", None),
        ("钱打我支付宝", None),
        ("打这里", None),
        ("my card number is <card_1>", None),
        ("send the money to my paypal", None),
        ("左耳没声音，我电话<phone_1>", "左耳没声音"),
        ("因为手机号填错了", "手机号填错了"),
        ("电话打不通", "电话打不通"),
        ("because my phone does not support it", "my phone does not support it"),
    ],
)
def test_a_number_of_the_customers_and_where_money_is_to_go_are_no_reason(text, reason):
    assert values(text, "reason").get("reason") == reason


@pytest.mark.parametrize("text", ["打这里", "退到我卡里", "钱打我支付宝", "我卡号<card_1>", "refund it to my card"])
def test_where_money_is_to_go_asks_the_page_where_it_goes(text):
    assert paid_to(text, "zh") != paid_to(text, "en")


@pytest.mark.parametrize(
    "text", ["快递寄到这里", "打不开", "电话打过了", "手机卡顿", "退到哪里都行", "send it to my home"]
)
def test_other_ways_are_not_the_moneys(text):
    assert paid_to(text, "zh") is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("个人的 张伟", "张伟"),
        ("开个人的发票 张伟", "张伟"),
        ("改成个人的吧", "个人"),
        ("没有税号，开个人的吧", "个人"),
        ("don't have one, make it personal please", "Personal"),
        ("I want a personal invoice for my mouse", "Personal"),
        ("can I get a VAT invoice for my mouse? Company Clark Ltd", "Clark Ltd"),
        ("where is my personal information kept", None),
        ("个人信息会泄露吗", None),
    ],
)
def test_whom_an_invoice_is_made_out_to(text, title):
    found = values(text)
    assert found.get("invoice_title") == title
    assert "tax_no" not in found


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("邮箱忘了给了 zw@163.com", None),
        ("发到 zw@163.com", None),
        ("13812345678", None),
        ("张伟 zw@163.com", "张伟"),
        ("zw@163.com，张伟", "张伟"),
        ("Emma Clark, emma@example.com", "Emma Clark"),
    ],
)
def test_another_slots_value_is_no_title(text, title):
    assert values(text, "invoice_title").get("invoice_title") == title

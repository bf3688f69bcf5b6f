import pytest

from shopassist.language.amendments import amended, doubted

STREET = "杭州市西湖区文三路478号"
ROOM = "上海市浦东新区世纪大道100号5号楼3单元1203室"
ENGLISH = "88 Huaihai Road Middle, Shanghai, Apt 12"

RIGHT = {
    STREET: {
        "杭州市西湖区文三路487号": [
            "不是478是487",
            "不是478号，是487号",
            "是487不是478",
            "487，不是478",
            "等等，门牌是487",
            "门牌号写错了，是487",
            "478写错了应该是487",
            "478改成487",
            "应该是487",
            "错了，487",
            "487",
            "487号才对",
            "號碼打錯了，487",
            "not 478 but 487",
            "it's 487, not 478",
            "478 should be 487",
            "not 478, 487",
            "sorry, it's 487",
        ],
        "杭州市西湖区文二路478号": ["把文三路改成文二路", "不是文三路是文二路", "文三路错了，应该是文二路"],
        "杭州市拱墅区文三路478号": ["西湖区错了，应该是拱墅区"],
        "杭州市西湖区文二路487号": ["不是文三路是文二路，不是478是487"],
    },
    ROOM: {
        ROOM.replace("1203", "1302"): ["房号是1302", "1302室", "不是1203是1302", "1302", "房间号应该是1302"],
        ROOM.replace("5号楼", "6号楼"): ["5号楼写错了，是6号楼", "是6号楼", "楼号是6"],
        ROOM.replace("3单元", "4单元"): ["单元是4", "不是3单元是4单元", "3单元不对，是4单元"],
        ROOM.replace("100号", "101号"): ["100错了是101", "应该是世纪大道101号", "门牌101"],
    },
    ENGLISH: {
        "88 Huaihai Road Middle, Shanghai, Apt 13": (
            [
                "it's apt 13",
                "not 12 but 13",
                "apt 13 not 12",
                "apt is wrong, it's 13",
                "no wait, apartment 13",
                "unit should be 13",
            ]
        ),
        "89 Huaihai Road Middle, Shanghai, Apt 12": ["88 should be 89", "sorry its 89 not 88", "replace 88 with 89"],
        "88 Huaihai Road East, Shanghai, Apt 12": ["it's Huaihai Road East not Middle", "not Middle but East"],
        "88 Huaihai Road Middle, Suzhou, Apt 12": ["change Shanghai to Suzhou", "Suzhou, not Shanghai"],
    },
}
NOT_BOUND = {
    STREET: [
        "好",
        "还是写公司吧",
        "不是8是7",
        "地址错了",
        "我写错了",
        "明天能到吗",
        "不是我家是公司",
        "not Hangzhou but Ningbo",
    ],
    ROOM: ["应该是淮海路101号", "楼号错了", "1111", "单元错了"],
    ENGLISH: ["the room number is wrong", "I mean 98", "number 98", "yes", "it arrives on 12 May, right?"],
}


@pytest.mark.parametrize(
    ("old", "text", "new"), [(old, t, new) for old, told in RIGHT.items() for new, texts in told.items() for t in texts]
)
def test_the_part_that_is_put_right_is_replaced_and_the_rest_stays(old, text, new):
    assert amended(old, text, address=True) == new


@pytest.mark.parametrize(("old", "text"), [(old, t) for old, texts in NOT_BOUND.items() for t in texts])
def test_what_stands_nowhere_in_the_value_replaces_nothing(old, text):
    assert amended(old, text, address=True) is None


@pytest.mark.parametrize(
    ("old", "text", "new"),
    [
        ("张伟", "不是伟是玮", "张玮"),
        ("张伟", "是张玮不是张伟", "张玮"),
        ("Clark Ltd", "it should be Clark Inc, not Clark Ltd", "Clark Inc"),
        ("Clark Ltd", "not Ltd but Inc", "Clark Inc"),
        ("张伟", "487", None),
    ],
)
def test_a_name_is_put_right_only_where_both_are_named(old, text, new):
    assert amended(old, text) == new


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        *((t, "address") for t in ("地址错了", "我写错了", "门牌写错了", "the address is wrong", "少写了3楼", "12")),
        *((t, "phone") for t in ("电话打错了", "手机号不对", "尾号是0001不是0000", "the phone is wrong")),
        *(
            (t, None)
            for t in (
                "好的",
                "订单错了",
                "质量不对",
                "地址错了吗？",
                "谢谢",
                "什么时候到",
                "wrong order",
                "是的 没有写错",
                "没错",
                "nothing is wrong",
                "明天送",
            )
        ),
    ],
)
def test_which_value_a_text_says_to_be_wrong(text, slot):
    assert doubted(text, ["address", "phone"]) == slot

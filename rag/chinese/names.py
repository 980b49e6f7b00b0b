"""Tells the names of persons from other short Chinese words, by surname and by dictionary."""

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛"
    "闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂"
    "成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师和仇栾隋商"
    "刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权帅屠豆朴盖练廉禹井祖漆巴"
    "陳楊黃趙吳孫馬鄭謝羅許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸賈韋鄒閆龍賀顧龔邵萬錢嚴湯齊喬龐顏莊聶魯嶽關蘭紀單駱藍華"
)
DOUBLE_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "端木", "歐陽", "諸葛")


def is_person(name: str) -> bool:
    """Whether a short word can be a person's name: it begins with a surname and is no common word, or has a dot (安德鲁·斯图尔特)."""
    import rjieba

    if "·" in name:
        return True
    double = name.startswith(DOUBLE_SURNAMES)
    if not double and (name[0] not in SURNAMES or len(name) == 4):
        return False
    return not rjieba.has_word(name) or next(iter(rjieba.tag(name)))[1].startswith("nr")

"""Artists and titles in many languages, and the encodings in which programs wrote them before Unicode."""

import random

_NAMES = {
    "Russian": """Чичерина – Ту-лу-ла; Мельница – Дорога сна; Ногу свело! – Харамамбуру; Сурганова и Оркестр – Мураками
        Tequilajazzz – Зимнее солнце; Настя Полева – Танец на цыпочках; Зоопарк – Сладкая N; Крематорий – Мусорный ветер
        Янка – Выше ноги от земли; Олег Митяев – Как здорово; Тараканы! – Пойдём на улицу; 5'nizza – Я солдат""",
    "Ukrainian": """Тіна Кароль – Ноченька; Антитіла – Бери своє; Жадан і Собаки – Мальви; Арсен Мірзоян – Незабутня пісня
        Джамала – Шлях додому; ТНМК – Зроби мені хіп-хоп; Росава – Їхав козак; Пікардійська терція – Пустельник""",
    "Polish": """Kazik – Cztery pokoje; Lao Che – Wojenka; Kombajn – Połączenia; Ania Dąbrowska – Tego chciałam
        Łąki Łan – Jammin; Krzysztof Zalewski – Miłość Miłość; Renata Przemyk – Babę zesłał Bóg; Svahy – Zośka
        Voo Voo – Nim stanie się tak; Kora – Ping-pong; Natalia Przybysz – Przez sen; Róże Europy – Jedwab""",
    "Czech": """Radůza – Půjdu, kam chci; Zrní – Rychta; Jana Kirschner – Na čiare; Lenka Filipová – Za všechno může čas
        Pavel Bobek – Veď mě dál, cesto má; Eva Pilarová – Ráno; Mirai – Když nemůžeš, tak přidej; Vltava – Komplikovanej
        Jiří Schelinger – Jahody mražený; Divokej Bill – Čmelák; Ivan Hlas – Karlín; Ready Kirken – Hoď ho do stroje""",
    "Hungarian": """Kaláka – Szabad-e bejönni; Ghymes – Rege; Kowalsky meg a Vega – Egyetlen; Punnany Massif – Élvezd
        Charlie – Könnyű álmot hozzon az éj; Koós János – Kislány a zongoránál; Anna and the Barbies – Márti dala
        Horváth Charlie – Jég dupla whiskyvel; Wellhello – Rakpart; Fonográf – FG-4-es szerelvény""",
    "Greek": """Λουκιανός Κηλαηδόνης – Θερινά σινεμά; Δήμος Μούτσης – Σκόνη; Ευανθία Ρεμπούτσικα – Αστέρια και ευχές
        Λοΐζος Μάνος – Τσε; Υπόγεια Ρεύματα – Ασημένια σφήκα; Μαρίζα Κωχ – Παναγιά μου; Active Member – Στα πέρατα
        Νένα Βενετσάνου – Ο κύκλος; Λεωνίδας Μπαλάφας – Μια χαρά; Φοίβος Δεληβοριάς – Εκείνη""",
    "Turkish": """Grup Gündoğarken – Ankara'dan abim geldi; Demet Sağıroğlu – Arnavut kaldırımı; Göksel – Depresyondayım
        Yıldız Tilbe – Delikanlım; Redd – Nefes bile almadan; Bulutsuzluk Özlemi – Sözlerimi geri alamam; Işın Karaca – Tutunamadım
        Ogün Sanlısoy – Saydım; Candan Erçetin – Yalan; Hümeyra – Kördüğüm; Büyük Ev Ablukada – Hayaletler; Can Güngör – Çoğaldım""",
    "Japanese": """奥田民生 – さすらい; 斉藤和義 – 歌うたいのバラッド; 玉置浩二 – 田園; 一青窈 – ハナミズキ; 矢野顕子 – 春咲小紅
        くるり – 東京; 杏里 – 悲しみがとまらない; 福山雅治 – 桜坂; 藤井風 – 何なんw; 電気グルーヴ – 虹; 吉田拓郎 – 結婚しようよ
        いきものがかり – ありがとう; 小沢健二 – 今夜はブギー・バック; 秦基博 – ひまわりの約束""",
    "Korean": """시인과 촌장 – 가시나무; 어떤날 – 그런 날에는; 한영애 – 누구 없소; 이소라 – 바람이 분다; 브로콜리너마저 – 앵콜요청금지
        백예린 – 우주를 건너; 선우정아 – 도망가자; 변진섭 – 희망사항; 태연 – 만약에; 거북이 – 비행기; 정미조 – 개여울""",
    "Simplified Chinese": """谢天笑 – 向阳花; 逃跑计划 – 夜空中最亮的星; 梁静茹 – 勇气; 许美静 – 城里的月光; 李健 – 贝加尔湖畔
        陶喆 – 找自己; 张惠妹 – 听海; 筷子兄弟 – 老男孩; 周深 – 大鱼; 莫西子诗 – 要死就一定要死在你手里; 叶蓓 – 白衣飘飘的年代""",
    "Traditional Chinese": """鄭怡 – 月琴; 潘越雲 – 野百合也有春天; 陳綺貞 – 旅行的意義; 張雨生 – 大海; 周蕙 – 約定
        鄭中基 – 無賴; 蘇芮 – 酒矸倘賣無; 優客李林 – 認錯; 滅火器 – 島嶼天光; 林俊傑 – 修煉愛情; 戴佩妮 – 怎樣""",
    "Hebrew": """יוני רכטר – דמעות של מלאכים; צביקה פיק – מרי לו; נורית גלרון – מה אברך; תיסלם – רדיו חזק; מאיר אריאל – טרמינל לומינלט
        דודו טסה – לולה; אלון אולארצ'יק – מתוקה; אריאל זילבר – רוצי שמוליק; גלי עטרי – הללויה; אביתר בנאי – אבות ובנים""",
    "Arabic": """ميادة الحناوي – أنا بعشقك; محمد عبده – الأماكن; طلال مداح – مقادير; هاني شاكر – علي الضحكاية; لطفي بوشناق – خدوني
        جوليا بطرس – يا ثوار الأرض; صابر الرباعي – سيدي منصور; ذكرى – الله غالب; حسين الجسمي – بشرة خير""",
    "Thai": """พงศ์สิทธิ์ – รักเดียว; เจตริน – ฝากเลี้ยง; นูโว – หลอกกันเล่นเลย; ซิลลี่ ฟูลส์ – จิ๊จ๊ะ; มาลีวัลย์ – ลมหายใจ
        สแตมป์ – ความคิด; กรุงไทย – เพลงของเรา; แสตมป์ อภิวัชร์ – ทฤษฎีสีชมพู""",
    "French": """Mickey 3D – Respire; Brigitte Fontaine – Comme à la radio; Arthur H – Est-ce que tu aimes; -M- – Mama Sam
        Les Négresses Vertes – Zobi la mouche; Thomas Fersen – Les papillons; Émilie Simon – Désert; Pomme – À peu près
        Hélène Ségara – Il y a trop de gens qui t'aiment; Bénabar – Le dîner; Raphaël – Caravane; Alizée – Moi... Lolita""",
    "German": """Sven Regener – Köln; Jan Delay – Türlich, türlich; Max Herre – Wolke; Faun – Rosenrot; Joy Denalane – Höchste Zeit
        Selig – Ohne dich; Herman van Veen – Ich hab' ein zärtliches Gefühl; Keimzeit – Kling Klang; Ringsgwandl – Hühnerarsch
        Klee – Gold; Karat – Über sieben Brücken mußt du gehn; Puhdys – Alt wie ein Baum; Silly – Bataillon d'amour""",
    "Spanish": """Los Bunkers – Llueve sobre la ciudad; Manolo García – Pájaros de barro; Aterciopelados – Bolero falaz; León Gieco – Sólo le pido a Dios
        Luz Casal – Un año de amor; Duncan Dhu – En algún lugar; El Último de la Fila – Insurrección; Lhasa – El desierto""",
    "Swedish": """Jonas Gardell – Aldrig ska jag sluta älska dig; Peps Persson – Hög standard; Säkert! – Vi kommer att dö samtidigt
        Rikard Wolff – Pojken på månen; Björn Afzelius – Sång till friheten; Thåström – Fanfanfan; Sven-Bertil Taube – Så länge skutan kan gå""",
    "English": """Joy Division – Transmission; The Smiths – Ask; Can – Halleluwah; Nick Drake – Pink Moon; Low – Lullaby
        Television – Venus; Wire – Outdoor Miner; Slint – Good Morning, Captain; Big Star – Thirteen; Love – Alone Again Or""",
}
ENCODINGS = {
    "Russian": ("cp1251", "koi8_r", "cp866", "mac_cyrillic"),
    "Ukrainian": ("cp1251",),
    "Polish": ("cp1250", "iso8859_2"),
    "Czech": ("cp1250", "iso8859_2"),
    "Hungarian": ("cp1250",),
    "Greek": ("cp1253",),
    "Turkish": ("cp1254",),
    "Japanese": ("cp932", "euc_jp"),
    "Korean": ("cp949",),
    "Simplified Chinese": ("gb18030",),
    "Traditional Chinese": ("big5",),
    "Hebrew": ("cp1255",),
    "Arabic": ("cp1256",),
    "Thai": ("cp874",),
    "French": ("cp1252", "mac_roman", "cp850"),
    "German": ("cp1252", "mac_roman", "cp850"),
    "Spanish": ("cp1252", "mac_roman"),
    "Swedish": ("cp1252", "mac_roman"),
}
"""Each language with the encodings of programs for Windows, DOS, Mac and Unix."""


def tracks(language: str) -> list[tuple[str, str]]:
    """Return artists and titles in a language."""
    parts = (part.strip().partition(" – ") for part in _NAMES[language].replace("\n", ";").split(";"))
    return [(artist, title) for artist, _, title in parts if title]


def table(language: str, n_rows: int, *, english: float = 0, seed: int = 0) -> str:
    """Return a table of tracks, a share of them English, with at least one letter that is not ASCII."""
    chance = random.Random(f"{language} {n_rows} {english} {seed}")
    n_own = max(1, round(n_rows * (1 - english)))
    own = [one for one in tracks(language) if not "".join(one).isascii()]
    chosen = (chance.sample(own, len(own)) * n_own)[:n_own] + chance.choices(tracks("English"), k=n_rows - n_own)
    chance.shuffle(chosen)
    return "Track name,Artist name,Duration\r\n" + "".join(
        f'"{title}","{artist}",{chance.randint(2, 6)}:{chance.randint(10, 59)}\r\n' for artist, title in chosen
    )

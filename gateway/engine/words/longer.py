"""Longer words that merely hold a shorter one: a text that says them does not say it."""

from gateway.engine.words.fold import fold

_LONGER = """
ລັດຖະມົນຕີ ມົນຕີ ດົນຕີ ໄມຕີ ຕີລາຄາ ຕີຄວາມ ຕີພິມ ຕີເຫຼັກ ຕີຄອງ ຕີບານ ຕີກອງ
ຂ້າພະເຈົ້າ ຂ້ານ້ອຍ ຂ້າລາຊະການ ຂ້າເຊື້ອ ນ້ຳຂັງ
ตีหนึ่ง ตีสอง ตีสาม ตีสี่ ตีห้า ตีราคา ตีความ ตีพิมพ์ ตีตั๋ว ตีเหล็ก ตีกลอง ปาร์ตี้
ฆ่าเชื้อ ฆ่าเวลา ขึงขัง น้ำขัง
ท้องฟ้า ท้องถิ่น ท้องตลาด ท้องเสีย ปวดท้อง
"""

LONGER_WORDS = tuple(sorted({fold(word) for word in _LONGER.split()}, key=len, reverse=True))

// `--ascii`: our own marks, lines and quotation marks as ASCII, and the four characters of a seal by their names. Words of people are not
// changed.
const MARKS: Readonly<Record<string, string>> = {
  '✓': 'ok',
  '✗': 'x',
  '×': 'x',
  '●': '*',
  '◆': '*',
  '◐': '+',
  '○': '.',
  '─': '-',
  '→': '->',
  '←': '<-',
  '…': '...',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '·': '-',
  '–': '-',
  '—': '-',
  '≤': '<=',
  '≥': '>=',
  '「': '"',
  '」': '"',
  封: 'seal',
  '▏': '|',
  '█': '#',
  '░': '.',
  '■': '#',
  '□': '.',
}
const MARK = new RegExp(`[${Object.keys(MARKS).join('')}]`, 'g')

/** In the order of seal/envelope.ts. */
const SIGNS =
  '山川風石空海雲月星花鳥木林森草竹松梅桜桃水火土金日光雪雨虹露霜霧谷島浜岸岩滝泉池湖波道橋門里村町港船舟馬鹿犬猫鶴亀魚貝虎龍米麦豆'
const NAMES =
  'yama kawa kaze ishi sora umi kumo tsuki hoshi hana tori ki hayashi mori kusa take matsu ume sakura momo mizu hi tsuchi kane nichi hikari yuki ame niji tsuyu shimo kiri tani shima hama kishi iwa taki izumi ike mizuumi nami michi hashi mon sato mura machi minato fune kobune uma shika inu neko tsuru kame sakana kai tora ryu kome mugi mame'.split(
    ' ',
  )
const SEAL = new RegExp(`([${SIGNS}]{4}) ([0-9a-f]{8})\\b`, 'g')

export function inAscii(text: string): string {
  const signs = Array.from(SIGNS)
  return text
    .replace(
      SEAL,
      (_, words: string, hex: string) =>
        `${Array.from(words, (one) => NAMES[signs.indexOf(one)] ?? one).join('-')} ${hex}`,
    )
    .replace(MARK, (one) => MARKS[one] ?? one)
}

// Reads XML as test reports write it: elements, attributes and text. Total: whatever the bytes are, it ends with events or with a fault. Nothing is expanded
// but the five named entities and numbers; a document type with declarations is a fault. Control characters, which some reporters write, are read as they are.

export type XmlEvent =
  | { readonly kind: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }

export class XmlFault extends Error {
  override name = 'XmlFault'
}

const DEPTH_MAX = 200
const ATTRIBUTES_MAX = 200
const NAME = /[A-Za-z_][\w.:-]*/y
const SPACE = /[ \t\r\n]*/y
const VALUE = /=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y

/** Throws XmlFault. */
export function* readXml(source: string): Generator<XmlEvent> {
  const open: string[] = []
  let at = source.startsWith('\ufeff') ? 1 : 0
  let roots = 0
  while (at < source.length) {
    const tag = source.indexOf('<', at)
    const text = source.slice(at, tag === -1 ? source.length : tag)
    if (text.trim() !== '') {
      if (open.length === 0) throw new XmlFault('text outside of the root')
      yield { kind: 'text', text: unescaped(text) }
    }
    if (tag === -1) break
    at = tag
    if (source.startsWith('<!--', at)) at = after(source, '-->', at + 4)
    else if (source.startsWith('<?', at)) at = after(source, '?>', at + 2)
    else if (source.startsWith('<![CDATA[', at)) {
      const end = after(source, ']]>', at + 9)
      if (open.length === 0) throw new XmlFault('text outside of the root')
      yield { kind: 'text', text: source.slice(at + 9, end - 3) }
      at = end
    } else if (source.startsWith('<!', at)) {
      const end = after(source, '>', at)
      if (source.slice(at, end).includes('[')) throw new XmlFault('a document type with declarations')
      at = end
    } else if (source.startsWith('</', at)) {
      const end = after(source, '>', at)
      const name = source.slice(at + 2, end - 1).trim()
      if (open.pop() !== name) throw new XmlFault(`an end without its beginning: ${name.slice(0, 60)}`)
      yield { kind: 'close', name }
      at = end
    } else {
      const element = readElement(source, at + 1)
      if (open.length === 0 && ++roots > 1) throw new XmlFault('a second root')
      yield { kind: 'open', name: element.name, attributes: element.attributes }
      if (element.empty) yield { kind: 'close', name: element.name }
      else open.push(element.name)
      if (open.length > DEPTH_MAX) throw new XmlFault('nested too deeply')
      at = element.end
    }
  }
  if (open.length > 0) throw new XmlFault('it is cut off')
  if (roots === 0) throw new XmlFault('no element')
}

interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly empty: boolean
  readonly end: number
}

function readElement(source: string, start: number): Element {
  const name = match(NAME, source, start)
  if (name === undefined) throw new XmlFault('a name is missing')
  const attributes = new Map<string, string>()
  let at = start + name[0].length
  for (;;) {
    at += match(SPACE, source, at)?.[0].length ?? 0
    if (source.startsWith('/>', at)) return { name: name[0], attributes, empty: true, end: at + 2 }
    if (source[at] === '>') return { name: name[0], attributes, empty: false, end: at + 1 }
    const key = match(NAME, source, at)
    if (key === undefined) throw new XmlFault('an attribute is damaged')
    at += key[0].length
    at += match(SPACE, source, at)?.[0].length ?? 0
    const value = match(VALUE, source, at)
    if (value === undefined || attributes.size >= ATTRIBUTES_MAX)
      throw new XmlFault('an attribute is damaged')
    attributes.set(key[0], unescaped(value[1] ?? value[2] ?? ''))
    at += value[0].length
  }
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(source) ?? undefined
}

function after(source: string, end: string, from: number): number {
  const found = source.indexOf(end, from)
  if (found === -1) throw new XmlFault('it is cut off')
  return found + end.length
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** An entity that is none of these stays as it is written. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name as string] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal)
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
  })
}

// The key of a row, for people: the server writes it as one row of texts (record_out), and here it becomes JSON.

/** A number, true or false, or any other text. */
export type KeyKind = 'n' | 'b' | 't'

/** `(7,"a ""b""")` of a number and a text as `[7, "a \"b\""]`. */
export function keyText(row: string, kinds: readonly KeyKind[]): string {
  const fields = fieldsOf(row).map((field, i) => {
    if (kinds[i] === 'n' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(field)) return field
    return kinds[i] === 'b' ? String(field === 't') : JSON.stringify(field)
  })
  return `[${fields.join(', ')}]`
}

function fieldsOf(row: string): readonly string[] {
  const inside = row.slice(1, -1)
  const field = /"((?:[^"\\]|""|\\[\s\S])*)"|[^,]*/y
  const found: string[] = []
  for (let at = 0; at <= inside.length; at = field.lastIndex + 1) {
    field.lastIndex = at
    const [plain = '', quoted] = field.exec(inside) ?? []
    found.push(quoted?.replace(/"(")|\\([\s\S])/g, (_, a?: string, b?: string) => a ?? b ?? '') ?? plain)
    if (field.lastIndex === 0 && plain !== '') break
  }
  return found
}

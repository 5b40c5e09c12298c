// What a filter behind a program lets through: one thing out of much, where the filter says which.
import type { Call } from '../shell.ts'

const NAME = /^(?:\.(?:[A-Za-z_]\w*|"[\w./ -]+")|\.?\["[\w./ -]+"\]|\.?\[\d*\])/
const ENDS = /^(?:length|keys|type|sort|unique|first|last)$/

/** The names on the way of a filter of jq that only follows names; undefined for every other one. */
function wayOf(filter: string): readonly string[] | undefined {
  const names: string[] = []
  for (const part of filter.split('|')) {
    let rest = part.trim()
    if (rest === '.' || ENDS.test(rest)) continue
    while (rest !== '') {
      const step = NAME.exec(rest)?.[0]
      if (step === undefined) return undefined
      const name = step.replace(/^\.?\[?"?|"?\]?$/g, '')
      if (!/^\d*$/.test(name)) names.push(name)
      rest = rest.slice(step.length).replace(/^\?/, '')
    }
  }
  return names
}

const TEXTUAL = /^-(?:[rceSMjaC]+|-(?:raw-output|compact-output|exit-status|sort-keys|join-output|tab))$/

/** What a filter that alone reads the program takes out of it: the names on its way. */
export function takenOut({ shell, span }: Call): readonly string[] | undefined {
  const { into } = shell.state
  if (into === undefined || into.at[0] !== span[0] || into.at[1] !== span[1]) return undefined
  const [program, ...words] = into.words
  if (program === undefined || !/^(?:jq|gojq|jaq)$/.test(program)) return undefined
  const [filter, ...more] = words.filter((word) => !TEXTUAL.test(word))
  return filter === undefined || filter.startsWith('-') || more.length > 0 ? undefined : wayOf(filter)
}

// What kubectl and helm show of secrets: their values, or names and sizes alone.
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { HOME } from '../path.ts'
import type { Call } from '../shell.ts'
import { fromFiles, type Stream } from '../stream.ts'
import { fieldFor, touch } from '../tool.ts'
import { concat, literal, prefix } from '../value.ts'
import { reveal } from './container-shows.ts'

const isSecret = (kind: string): boolean => /^secrets?(?:\.[\w.-]*)?$/.test(kind)

/** Where a secret of a cluster lies for whoever is given it. */
const FROM_SECRET: Stream = fromFiles([{ segments: [['run'], ['secrets'], ['cluster']], loose: false }])

/** A way of printing that takes out what a secret holds, or all of it; what it is called and how old it is are no secrets. */
function showsData(args: Arguments): boolean {
  const given = args.value('o output')
  const template = args.value('template')
  if (given === undefined) return template !== undefined && speaksOfData(literal(template.value))
  const source = literal(given.value)
  if (source === undefined) return true
  const at = source.indexOf('=')
  const format = at === -1 ? source : source.slice(0, at)
  if (/^(?:name|wide|)$/.test(format)) return false
  if (/^(?:jsonpath|jsonpath-as-json|go-template|template|custom-columns)$/.test(format))
    return speaksOfData(at === -1 ? template && literal(template.value) : source.slice(at + 1))
  // `json`, `yaml`, and templates out of a file.
  return true
}

const speaksOfData = (source: string | undefined): boolean =>
  source === undefined ||
  source.length > 4_096 ||
  /\bdata\b|stringData|last-applied|annotations|\.\.|\{\s*[.$@]?\s*\}|\[\*\]\s*\}|\{\{[-\s]*(?:\S+\s+)?[.$][-\s]*\}\}/i.test(
    source,
  )

/** `get`: kinds with commas, or kind/name; the rest are names. */
export function shown(call: Call, args: Arguments, operands: readonly Field[]): Stream | undefined {
  const raw = args.value('raw')
  if (raw !== undefined && /\/secrets(?:[/?]|$)/.test(literal(raw.value) ?? prefix(raw.value))) {
    reveal(call, 'kubernetes', 'secret', raw)
    return FROM_SECRET
  }
  const [first, ...rest] = operands
  const words = (literal(first?.value ?? []) ?? prefix(first?.value ?? [])).split(',')
  const kinds = [
    ...words.map((word) => word.split('/')[0] ?? ''),
    ...rest.flatMap(({ value }) => (prefix(value).includes('/') ? [prefix(value).split('/')[0] ?? ''] : [])),
  ]
  if (!kinds.some((kind) => isSecret(kind.toLowerCase())) || !showsData(args)) return undefined
  const named = rest.length > 0 ? rest : operands
  for (const field of named) reveal(call, 'kubernetes', 'secret', field)
  return FROM_SECRET
}

/** `config view --raw`: the file with its keys and tokens; without, they are left out. */
export function viewed(call: Call, args: Arguments): void {
  const raw = args.options.findLast(({ name }) => name === 'raw')
  if (raw === undefined || literal(raw.value?.value ?? []) === 'false') return
  const file = args.value('kubeconfig') ?? fieldFor(call, concat(HOME, ['/.kube/config']))
  touch(call, 'path.read', file)
}

/** `oc extract secret/NAME`: to the standard output, or as files. */
export function extracted(call: Call, args: Arguments, operands: readonly Field[]): void {
  const to = args.value('to')
  if (to !== undefined && literal(to.value) === '-') {
    for (const field of operands)
      if (isSecret(prefix(field.value).split('/')[0] ?? '')) reveal(call, 'kubernetes', 'secret', field)
  } else if (to !== undefined) touch(call, 'path.create', to, { note: 'unpacked' })
}

/** What a release was given: passwords among it. */
export function released(call: Call, what: string, names: readonly Field[]): void {
  if (!/^(?:all|values|manifest)$/.test(what)) return
  for (const field of names.slice(0, 1)) reveal(call, 'kubernetes', 'values', field, what === 'manifest')
}

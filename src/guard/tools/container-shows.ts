// What container engines and compose show of what they run: among it the variables of a service.
import { type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { fieldFor, touch } from '../tool.ts'
import { concat, literal, text } from '../value.ts'
import { takenOut } from './narrow.ts'

const INSPECT: Grammar = { short: 'fo', long: 'format type output template', flags: 'size latest pretty' }

/** A template that takes one thing out of it which is not the variables, nor all that they are part of. */
function isHarmless(format: string): boolean {
  if (/env/i.test(format)) return false
  // The dot itself, or the whole configuration.
  return !/\{\{[-\s]*(?:(?:json|prettyjson|toPrettyJson|print|println|printf[^}]*?)\s+)?(?:\.|\$|\$?\.(?:Config|Spec|Process|Args|info))[-\s]*\}\}/.test(
    format,
  )
}

/** `docker inspect X | jq .[0].State`: a way to something that is neither the variables nor holds them. */
function isElsewhere(way: readonly string[] | undefined): boolean {
  const [first, second] = way ?? []
  if (first === undefined || way?.some((name) => /env/i.test(name)) === true) return false
  return !/^(?:Config|Spec|Process|Args|info)$/i.test(first) || second !== undefined
}

/** Containers and services with everything that they were started with. */
export const inspect = (call: Call): undefined => {
  const args = readArguments(call.args, INSPECT)
  const type = literal(args.value('type')?.value ?? []) ?? ''
  if (/^(?:image|volume|network|node|plugin|config|secret|builder)$/.test(type)) return
  const format = args.value('f format template')
  const source = format === undefined ? undefined : literal(format.value)
  if (source !== undefined && source.length < 4_096 && source !== 'json' && isHarmless(source)) return
  if (format === undefined && isElsewhere(takenOut(call))) return
  const isAimed = source !== undefined && /env/i.test(source)
  for (const field of args.operands) reveal(call, 'docker', 'environment', field, !isAimed)
}

export function reveal(
  call: Call,
  platform: string,
  type: string,
  field: Field | undefined,
  among = false,
): void {
  call.shell.emit(
    {
      verb: 'infra.reveal',
      on: { kind: 'infra', platform, type, ...(field === undefined ? {} : { name: field.value }) },
      ...(among ? { note: 'among' } : {}),
    },
    field?.span ?? call.span,
  )
}

/** `secret inspect --showsecret`: the value itself. */
export const inspectSecret = (call: Call): undefined => {
  const args = readArguments(call.args, INSPECT)
  if (args.has('showsecret')) for (const field of args.operands) reveal(call, 'docker', 'secret', field)
}

const CONFIG: Grammar = { short: 'o', long: 'format hash output' }
/** Names, digests, and whether it is valid: nothing of what stands in a file of variables. */
const LISTS = 'services volumes images profiles networks models hash q quiet variables h help'

/** `compose config`: the project with every variable filled in. */
export function config(
  call: Call,
  files: readonly Field[],
  given: readonly Field[],
  base: Field | undefined,
): void {
  const args = readArguments(call.args, CONFIG)
  for (const field of args.values('o output')) touch(call, 'path.write', field)
  if (args.has(LISTS)) return
  const first = files[0] === undefined ? undefined : literal(files[0].value)
  const where = base === undefined ? text(/^.*\//s.exec(first ?? '')?.[0] ?? '') : concat(base.value, ['/'])
  const own: Field = fieldFor(call, concat(where, ['.env']))
  for (const field of given) touch(call, 'path.read', field)
  // Whatever of it the project uses.
  if (given.length === 0) touch(call, 'path.read', own, { note: 'handed' })
}

// Command lines of hosted services: nouns, then a verb, then what it is on. What a verb means is the same everywhere; which words are
// verbs is a lexicon, and a tool adds only what it says differently.
import { isTurnedOff, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { after, literal, prefix } from '../value.ts'

export interface Hosted {
  readonly names: string
  /** Verbs of this tool alone that take something away for good. */
  readonly deletes?: string
  /** Verbs of this tool alone that interrupt or change what runs. */
  readonly changes?: string
  /** Behind a verb that changes something, these words only ask how it went: `promote status`. */
  readonly asks?: string
  /** Words that mean nothing of the kind here. */
  readonly except?: string
  /** Its first word is always a noun: a service of a cloud. */
  readonly grouped?: true
  /** A word with a colon in it is a place: `store:archive`. */
  readonly places?: true
  /** The word behind which another program stands. */
  readonly runs?: string
  /** Its verbs are options alone. */
  readonly wordless?: true
  /** Options that are the verb: `kafka-topics --delete`. */
  readonly options?: string
  /** Options without a value that may stand before the verb, beyond the common ones. */
  readonly flags?: string
  /** Short options that take a value; every other single letter stands alone. */
  readonly short?: string
  /** Single letters stand together in one word: `-vn`, `-otable`. */
  readonly bundles?: true
  /** Beyond one thing: with these options a delete is of a whole tree. */
  readonly deep?: string
  /** Short options after which nothing is done. */
  readonly dry?: string
  /** Without one of these a verb that takes something away only tells what it would. */
  readonly confirms?: string
  /** Options with which a deploy goes to where users are. */
  readonly live?: string
  /** Options with which what is put there reaches no user yet. */
  readonly aside?: string
  /** Nouns, verb and first object, as they are typed, that change what others rely on though the verb alone does not say so. */
  readonly also?: RegExp
}

/** Something is gone afterwards. */
const DELETES = new Set(
  'delete del destroy remove rm rb rmi rmdir purge terminate drop flush flushall wipe erase uninstall unset clear revoke deregister deprovision decommission unpublish prune nuke trash truncate untag expire forget evict unregister empty undeploy teardown unmount obliterate yank'.split(
    ' ',
  ),
)
/** What runs is interrupted, or something others rely on is changed. */
const CHANGES = new Set(
  'stop kill reset restart reboot cancel suspend pause drain cordon deallocate archive close rename rollback revert abort shutdown deactivate disable downgrade failover switchover promote demote rotate deprecate rewind poweroff redeploy detach disconnect disassociate unassign unbind unlink void undo'.split(
    ' ',
  ),
)
/** A verb that harms nothing ends the search: what follows is its object. */
const HARMLESS = new Set(
  'get list ls show describe view create add set put update edit new init login logout help search find whoami cat stat copy cp download upload info inspect read lookup open ps tail watch man completion checkout diff start resume unpause enable submit execute exec call invoke wait validate verify check test lint preview render query serve pub sub req reply publish subscribe apply sync select clone fetch pull attach connect shell console ssh status tree trace dump dumpxml output up'.split(
    ' ',
  ),
)
/** A noun where it stands first, `gh run delete`; a verb behind one, `gh workflow run NAME`. */
const BEHIND = new Set('run logs'.split(' '))
/** Verbs that are nouns as well: `confluent connect cluster delete NAME`. */
const AMBIGUOUS = new Set(
  'run logs test check status pub sub apply connect console shell query sync trace tree select publish render call attach up output'.split(
    ' ',
  ),
)
/** How ripe a command is: no part of what it says. */
const TRACKS = new Set('alpha beta preview'.split(' '))
/** And where a noun is tied to it: `list-rules`, but `tail-consumer` is a thing. */
const BEGINS = new Set(
  'get list describe show view create add set put update find search lookup read inspect copy download upload'.split(
    ' ',
  ),
)
/** Verbs that stand behind the noun they are tied to: `instance-delete`, `vm-shutdown`. */
const ENDS = new Set(
  'delete destroy remove purge flush terminate undefine archive stop shutdown restart reboot kill'.split(' '),
)
/** Options that are the verb whatever stands before them. */
const OPTIONS = new Set('delete delete-all purge destroy'.split(' '))
/** Adverbs before a verb: `batch-delete-image`, `force_reset`. */
const ADVERBS = new Set('batch bulk force admin mass permanently soft hard'.split(' '))

/** Things that hold data or everything else: deleting one is not undone by making it again. */
const HOLDERS = new Set(
  'database db bucket table volume disk cluster project organization org namespace account repo repository dataset vault keyspace filesystem postgre postgres mysql redis cosmosdb stack zone backup snapshot tenant vhost stream'.split(
    ' ',
  ),
)

const FLAGS = new Set(
  'yes force quiet verbose debug json help version no-color no-input no-interactive non-interactive assume-yes auto-approve insecure silent all wait no-wait trace no-verify-ssl no-sign-request no-paginate no-cli-pager confirm skip-confirmation approve verbose-errors batch no-tty tls'.split(
    ' ',
  ),
)
const DRY = new Set(
  'dry-run dryrun dry check-only noop no-op whatif what-if simulate preview plan-only'.split(' '),
)

export type Meaning = 'delete' | 'change' | 'harmless' | undefined

const has = (names: string | undefined, word: string): boolean =>
  names !== undefined && ` ${names} `.includes(` ${word} `)

/** What a word is as a verb: its first part that is no adverb, or what stands behind its last colon. */
export function meaningOf(word: string, tool: Pick<Hosted, 'deletes' | 'changes' | 'except'>): Meaning {
  const name = word
    .slice(word.lastIndexOf(':') + 1)
    // `deleteSite` is two words.
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
  if (has(tool.except, word) || has(tool.except, name)) return undefined
  // `vm.destroy` is a noun and a verb.
  const dotted = /^[a-z]+\.([a-z]+)$/.exec(name)?.[1]
  if (dotted !== undefined && (DELETES.has(dotted) || CHANGES.has(dotted)))
    return DELETES.has(dotted) ? 'delete' : 'change'
  if (has(tool.deletes, name) || has(tool.deletes, word)) return 'delete'
  if (has(tool.changes, name) || has(tool.changes, word)) return 'change'
  const parts = name.split(/[-_.]/)
  for (const part of parts) {
    if (has(tool.changes, part)) return 'change'
    if (DELETES.has(part)) return 'delete'
    if (CHANGES.has(part)) return 'change'
    if (HARMLESS.has(part)) {
      if (parts.length === 1 || BEGINS.has(part)) return 'harmless'
      break
    }
    if (!ADVERBS.has(part)) break
  }
  const last = parts.at(-1) ?? ''
  if (parts.length === 1 || !ENDS.has(last)) return undefined
  return DELETES.has(last) || last === 'undefine' ? 'delete' : 'change'
}

/** Whether what is spoken of holds data: the object inside the verb (`delete-db-instance`), or the last noun before it. */
export function holds(nouns: readonly string[], verb: string): boolean {
  const before = verb.lastIndexOf(':')
  const [, ...object] = verb.slice(before + 1).split(/[-_]/)
  const rest = object.filter((part) => !ADVERBS.has(part))
  const noun = before === -1 ? (nouns.at(-1) ?? '') : verb.slice(0, before)
  const parts = rest.length > 0 ? rest : (noun.split(':').at(-1) ?? '').split(/[-_]/)
  // An account's key is not the account.
  if (
    rest.length > 0 &&
    /^(policy|binding|tag|tags|permission|version|rule|item|user|member|cache)$/.test(rest.at(-1) ?? '')
  )
    return false
  return parts.some((part) => HOLDERS.has(part) || HOLDERS.has(part.replace(/s$/, '')))
}

export interface Spoken {
  readonly nouns: readonly string[]
  readonly verb: string
  readonly meaning: Exclude<Meaning, undefined>
  /** What follows the verb, without options. */
  readonly objects: readonly Field[]
  readonly options: readonly string[]
}

/**
 * Reads the words of a call up to its verb; undefined where nothing would happen or no verb is known. An option that nobody here knows
 * takes the word behind it; where no verb is left then, those in front may as well have taken none.
 */
export function speak(call: Call, tool: Hosted): Spoken | undefined {
  const said = read(call, tool, false)
  if (said !== undefined || !prefix(call.args[0]?.value ?? []).startsWith('-')) return said
  const other = read(call, tool, true)
  return other?.meaning === 'harmless' ? undefined : other
}

function isSaidLater(rest: readonly Field[]): boolean {
  const words = rest.map(({ value }) => prefix(value)).filter((word) => !word.startsWith('-'))
  return words.some((word, i) => DELETES.has(word) && i < words.length - 1)
}

/** `bare`: options in front take no word. */
function read(call: Call, tool: Hosted, bare: boolean): Spoken | undefined {
  const nouns: string[] = []
  const objects: Field[] = []
  const options: string[] = []
  let verb: string | undefined
  let meaning: Meaning
  const { args } = call
  for (let i = 0; i < args.length; i++) {
    const field = args[i] as Field
    const start = prefix(field.value)
    // What follows is another program's, or a name and nothing else.
    if (verb === undefined && literal(field.value) === '--') break
    if (start.startsWith('-') && start.length > 1) {
      const option = start.replace(/^--?/, '')
      const equals = option.indexOf('=')
      const name = equals === -1 ? option : option.slice(0, equals)
      const value = equals === -1 ? undefined : option.slice(equals + 1)
      const bundle = equals === -1 && tool.bundles === true ? bundled(start, tool) : undefined
      const idle =
        name === 'help' ||
        (start === '-h' && !(tool.short?.includes('h') ?? false)) ||
        DRY.has(name) ||
        has(tool.dry, name) ||
        bundle?.isDry === true
      if (idle && value !== 'none' && !isTurnedOff(name, value) && !isOffLater(args.slice(i + 1), name))
        return undefined
      options.push(name)
      if ((has(tool.options, name) || OPTIONS.has(name)) && value !== 'false') {
        verb ??= name
        meaning = 'delete'
      } else if (
        equals === -1 &&
        verb === undefined &&
        !(bare && name.length > 1 && nouns.length === 0) &&
        (bundle?.takesNext ?? takesValue(start, name, tool)) &&
        !prefix(args[i + 1]?.value ?? []).startsWith('-')
      )
        i++
      continue
    }
    if (verb !== undefined) {
      objects.push(field)
      continue
    }
    const word = literal(field.value)
    if (
      word === undefined ||
      word.includes('::') ||
      (tool.places === true && word.includes(':')) ||
      !/^[A-Za-z][\w:.-]*$/.test(word)
    ) {
      objects.push(field)
      continue
    }
    if (word === 'help') return undefined
    if (tool.wordless === true) {
      nouns.push(word)
      continue
    }
    if (word === tool.runs && nouns.length === 0) return undefined
    if (TRACKS.has(word) && nouns.length === 0) continue
    const isFirst = nouns.length === 0
    const meant =
      isFirst && tool.grouped === true
        ? undefined
        : BEHIND.has(word) && !has(tool.except, word)
          ? isFirst
            ? undefined
            : 'harmless'
          : meaningOf(word, tool)
    // A word that says it outright, with something behind it that it is said of, makes what stands before it a noun.
    if (meant === 'harmless' && AMBIGUOUS.has(word) && isSaidLater(args.slice(i + 1))) {
      nouns.push(word)
      continue
    }
    // Behind a number or an address only what says it outright is a verb: `releases files 1.0 delete`.
    if (meant !== undefined && (objects.length === 0 || DELETES.has(word))) [verb, meaning] = [word, meant]
    else nouns.push(word)
  }
  if (meaning === 'change' && has(tool.asks, literal(objects[0]?.value ?? []) ?? '')) return undefined
  if (args.some(({ value }, i) => i > 1 && i === args.length - 1 && literal(value) === 'help'))
    return undefined
  if (meaning === undefined || meaning === 'harmless') {
    const line = [
      ...nouns,
      ...(verb === undefined ? [] : [verb]),
      ...objects.map(({ value }) => prefix(value)),
    ]
    const deploys = nouns.length === 0 || nouns[0] === 'deploy'
    if (options.some((option) => has(tool.aside, option))) return undefined
    if (
      tool.also?.test(line.join(' ')) === true ||
      (deploys && meaning === undefined && options.some((option) => has(tool.live, option)))
    )
      return { nouns, verb: verb ?? 'deploy', meaning: 'change', objects, options }
  }
  if (tool.confirms !== undefined && meaning === 'delete' && !options.some((one) => has(tool.confirms, one)))
    return undefined
  return verb === undefined || meaning === undefined ? undefined : { nouns, verb, meaning, objects, options }
}

/** What is said last of an option counts: `--dry-run --no-dry-run`, `--help --help=false`. */
export function isOffLater(rest: readonly Field[], name: string): boolean {
  const said = rest.map(({ value }) => /^--?([^=]+)(?:=(.*))?$/s.exec(literal(value) ?? ''))
  const last = said.findLast((match) => match?.[1] === name || match?.[1] === `no-${name}`)
  if (last === undefined || last === null) return false
  const isOff = isTurnedOff(name, last[2])
  return last[1] === name ? isOff : !isOff
}

/** Single letters in one word, `-vn`: a value may be attached, or come behind it. */
function bundled(start: string, tool: Hosted): { isDry: boolean; takesNext: boolean } | undefined {
  const letters = /^-([A-Za-z]{2,}.*)$/.exec(start)?.[1]
  if (letters === undefined) return undefined
  const at = letters.split('').findIndex((letter) => tool.short?.includes(letter))
  const alone = at === -1 ? letters : letters.slice(0, at)
  return {
    isDry: alone.split('').some((letter) => has(tool.dry, letter)),
    takesNext: at === letters.length - 1,
  }
}

function takesValue(start: string, name: string, tool: Hosted): boolean {
  if (!start.startsWith('--') && name.length === 1)
    return tool.short?.includes(name) ?? 'acgnopsuelRCHPN'.includes(name)
  return start.startsWith('--')
    ? !FLAGS.has(name) && !name.startsWith('no-') && !has(tool.flags, name)
    : !has(tool.flags, name)
}

/** The effect of what was said. */
export function carryOut(call: Call, said: Spoken, tool: Hosted): void {
  if (said.meaning === 'harmless') return
  const [object] = said.objects
  const parts = [...said.nouns, said.verb]
  const deep = said.options.some((option) => has(tool.deep ?? '', option))
  const verb =
    said.meaning === 'change' ? 'change' : holds(said.nouns, said.verb) || deep ? 'destroy' : 'delete'
  call.shell.emit(
    {
      verb: `infra.${verb}`,
      on: {
        kind: 'infra',
        platform: literal(call.name.value) ?? '',
        type: parts.join(' '),
        ...(object === undefined ? {} : { name: object.value }),
      },
      ...(verb === 'destroy' ? { reversible: 'no' as const } : {}),
    },
    call.span,
  )
}

const SIZES = /(count|capacity|size|nodes|replicas|instances|quantity)$/

/** `ps:scale web=0`, `scale count 0`, `--desired-count 0`: nothing of it runs any more. */
export function scaleToZero(call: Call): void {
  const words = call.args.map(({ value }) => prefix(value))
  const scales = words.some((word) =>
    /(^|[:-])(scale|resize|autoscale)$|^(update|set|modify)(-|$)/.test(word),
  )
  const zero = words.some(
    (word, i) => /^[\w-]+=0$/.test(word) || (word === '0' && SIZES.test(words[i - 1] ?? '')),
  )
  if (scales && zero)
    call.shell.emit(
      {
        verb: 'infra.scale-down',
        on: { kind: 'infra', platform: literal(call.name.value) ?? '', type: words[0] ?? '' },
      },
      call.span,
    )
}

/** Options before what is run. */
const CARRIER = {
  style: 'posix',
  short: 'arste',
  long: 'app remote size type env service environment project stage context filter',
} as const

/** `TOOL run -- COMMAND`, `TOOL ssh --command TEXT`: another program, with what the tool gives it. */
export function carriedBy(call: Call): Stream | undefined {
  const { args, shell } = call
  const verb = args.findIndex(({ value }) =>
    /^(run(?::detached|:inside)?|exec|ssh|dev:exec)$/.test(literal(value) ?? ''),
  )
  if (verb === -1) return undefined
  const end = args.findIndex(({ value }, i) => i > verb && literal(value) === '--')
  const [program, ...words] = end === -1 ? [] : args.slice(end + 1)
  if (program !== undefined)
    return shell
      .fork({ via: [...shell.state.via, literal(call.name.value) ?? ''] })
      .start(program, words, call.stdin, call.span)
  const name = literal(call.name.value) ?? ''
  // `railway run CMD`, `heroku run CMD`: without dashes between them.
  if (end === -1 && /^(?:railway|heroku|zappa|eb|netlify|ntl)$/.test(name)) {
    const [word, ...more] = readArguments(args.slice(verb + 1), CARRIER).operands.slice(
      literal(args[verb]?.value ?? []) === 'run:inside' ? 1 : 0,
    )
    if (word === undefined) return undefined
    const inner = shell.fork({
      via: [...shell.state.via, name],
      ...(/^(?:railway|netlify|ntl)$/.test(name) ? {} : { host: `${name}:` }),
    })
    return literal(word.value)?.includes(' ') === true
      ? inner.code(literal(word.value) ?? '', word.span)
      : inner.start(word, more, call.stdin, call.span)
  }
  const at = args.findIndex(
    ({ value }, i) => i > verb && /^(--(?:ssh-)?command(=|$)|-C$)/.test(prefix(value)),
  )
  const field = args[at]
  if (field === undefined) return undefined
  const joined = after(field.value, '--command=') ?? after(field.value, '--ssh-command=')
  const given = joined ?? args[at + 1]?.value
  const source = given === undefined ? undefined : literal(given)
  return source === undefined
    ? undefined
    : shell.fork({ host: `${literal(call.name.value) ?? ''}:` }).code(source, field.span)
}

export function hosted(tool: Hosted): Tool {
  return {
    names: tool.names,
    harmless: 'help',
    style: 'posix',
    aims: true,
    act: (call): Stream => {
      const said = speak(call, tool)
      if (said !== undefined) carryOut(call, said, tool)
      scaleToZero(call)
      return carriedBy(call) ?? FROM_PROGRAM
    },
  }
}

export const DEEP_OPTIONS = 'recursive r R'

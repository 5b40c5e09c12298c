// The command line: finds the command, parses its options, calls it, and turns every error into one sentence and an exit code.
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { Bug } from '../base/assert.ts'
import { SekishoError } from '../base/error.ts'
import { EXIT, type ExitCode } from '../base/error-codes.ts'
import { nearest } from '../base/nearest.ts'
import { shellWord } from '../base/shell-word.ts'
import { type Environment, environment as systemEnvironment } from '../sys/config.ts'
import { COMMAND_LINE } from '../words/command-line.ts'
import { Client, GateRefusal } from './client.ts'
import type { Call, Command, OptionSpec } from './command.ts'
import { COMMANDS } from './commands.ts'
import { socketAsk } from './gate-socket.ts'
import { help, usageLines } from './help.ts'
import { startLine, versionHere } from './installed.ts'
import { findGate, findToken } from './session.ts'
import { suggest } from './suggest.ts'
import { Interrupted, languageOf, type Streams, Terminal } from './terminal.ts'

/** Options that every command takes. */
const COMMON = {
  json: { type: 'boolean' },
  lang: { type: 'string' },
  ascii: { type: 'boolean' },
  data: { type: 'string' },
  url: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export interface World {
  readonly environment: Environment
  readonly streams: Streams
  readonly stdin: () => Promise<Buffer>
  readonly uid: number
  readonly interrupted: AbortSignal
}

/** Runs one command line to its exit code. Never throws. */
export async function main(argv: readonly string[], world: World): Promise<ExitCode> {
  const early = terminalFor(argv, world)
  let terminal = early
  let client: Client | undefined
  try {
    const language = languageGiven(argv)
    if (language !== undefined && language !== 'ja' && language !== 'en')
      throw new SekishoError('cli.usage', { why: `--lang ${language}`, usage: '--lang ja|en' })
    if (argv.includes('--version') && typedWords(argv).length === 0) {
      const version = versionHere()
      if (early.json) early.answer({ version })
      else early.say(`sekisho ${version}`)
      return EXIT.done
    }
    const found = typedWords(argv)[0] === 'help' ? undefined : findCommand(argv)
    if (found === undefined) return unknownCommand(argv, early)
    const parsed = parse(found.command, found.rest)
    terminal = new Terminal({
      language: early.language,
      json: parsed.values['json'] === true,
      ascii: parsed.values['ascii'] === true,
      streams: world.streams,
    })
    if (parsed.values['help'] === true) {
      terminal.say(help(found.command.words, terminal))
      return EXIT.done
    }
    const [least, most] = found.command.takes
    if (parsed.positionals.length < least || parsed.positionals.length > most) {
      const few = parsed.positionals.length < least
      throw new SekishoError('cli.usage', {
        why: few
          ? terminal.pick(COMMAND_LINE.argumentMissing(`${found.command.words} ${found.command.usage}`))
          : terminal.pick(COMMAND_LINE.argumentUnexpected(parsed.positionals.slice(most).join(' '))),
        usage: usageLines(found.command),
      })
    }
    const copied = copiedPlaceholder(found.command, parsed)
    if (copied !== undefined)
      throw new SekishoError('cli.usage', {
        why: terminal.pick(COMMAND_LINE.placeholder(copied)),
        usage: usageLines(found.command),
      })
    const module = await found.command.load()
    const call = callFor(found.command, parsed, argv, terminal, world)
    client = call.client
    return await module.run(call)
  } catch (error) {
    return await end(error, terminal, world, client)
  }
}

function callFor(
  command: Command,
  parsed: Parsed,
  argv: readonly string[],
  terminal: Terminal,
  world: World,
): Call {
  const { environment, uid } = world
  const data = typeof parsed.values['data'] === 'string' ? { data: parsed.values['data'] } : {}
  const url = typeof parsed.values['url'] === 'string' ? { url: parsed.values['url'] } : {}
  const place = findGate(environment, uid, { ...data, ...url })
  const token = findToken(environment, place.url)
  const client = new Client({
    url: place.url,
    ...(token === undefined ? {} : { token }),
    language: terminal.language,
    ask: place.socket === undefined ? fetch : socketAsk(place.socket, uid),
    start: startLine(uid, place.socket?.data),
    key: () => randomUUID(),
  })
  return {
    words: command.words,
    usage: usageLines(command),
    typed: ['sekisho', ...argv.map(shellWord)].join(' '),
    positionals: parsed.positionals,
    values: parsed.values,
    terminal,
    environment,
    place,
    client,
    loggedIn: () => {
      if (token === undefined) throw new SekishoError('cli.not_logged_in', { url: place.url })
      return client
    },
    stdin: world.stdin,
    uid,
    interrupted: world.interrupted,
  }
}

/** The language is needed before anything is parsed: from --lang, SEKISHO_LANG or the locale. */
function terminalFor(argv: readonly string[], world: World): Terminal {
  const given = languageGiven(argv)
  const { environment } = world
  const language =
    given === 'ja' || given === 'en'
      ? given
      : languageOf(
          environment['SEKISHO_LANG'] ??
            environment['LC_ALL'] ??
            environment['LC_MESSAGES'] ??
            environment['LANG'],
        )
  return new Terminal({
    language,
    json: argv.includes('--json'),
    ascii: argv.includes('--ascii'),
    streams: world.streams,
  })
}

function languageGiven(argv: readonly string[]): string | undefined {
  const at = argv.indexOf('--lang')
  const inline = argv.find((one) => one.startsWith('--lang='))?.slice('--lang='.length)
  return inline ?? (at === -1 ? undefined : argv[at + 1])
}

/** The longest sequence of words that names a command. Common options may stand before it. */
function findCommand(
  argv: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  const words: { readonly word: string; readonly at: number }[] = []
  for (let i = 0; i < argv.length && words.length < 2; i++) {
    const one = argv[i] as string
    if (one === '--lang' || one === '--data' || one === '--url') i++
    else if (!one.startsWith('-')) words.push({ word: one, at: i })
    else if (words.length > 0) break
  }
  const [first, second] = words
  if (first === undefined) return undefined
  const without = (...at: readonly number[]) => argv.filter((_, i) => !at.includes(i))
  const double =
    second === undefined ? undefined : COMMANDS.find((one) => one.words === `${first.word} ${second.word}`)
  if (double !== undefined && second !== undefined)
    return { command: double, rest: without(first.at, second.at) }
  const single = COMMANDS.find((one) => one.words === first.word)
  return single === undefined ? undefined : { command: single, rest: without(first.at) }
}

function unknownCommand(argv: readonly string[], terminal: Terminal): ExitCode {
  const words = typedWords(argv)
  const known = COMMANDS.map((one) => one.words)
  if (words.length === 0 || words[0] === 'help') return helpFor(words.slice(1).join(' '), known, terminal)
  const typed = words.slice(0, 2).join(' ')
  const [first = ''] = words
  if (known.some((one) => one.startsWith(`${first} `)) && words.length === 1) {
    if (argv.includes('--help') || argv.includes('-h')) return helpFor(first, known, terminal)
    terminal.refusal('cli.usage', {
      why: terminal.pick(COMMAND_LINE.secondWordMissing(first)),
      usage: `sekisho help ${first}`,
    })
    terminal.note(help(first, terminal))
    return EXIT.usage
  }
  // The other words are kept, so that the suggested line can be pasted.
  terminal.refusal('cli.no_such_command', { command: typed, nearest: suggest(words, known, shellWord) })
  return EXIT.usage
}

function helpFor(about: string, known: readonly string[], terminal: Terminal): ExitCode {
  const firsts = known.map((one) => one.split(' ')[0] ?? one)
  if (about === '' || known.includes(about) || firsts.includes(about)) {
    terminal.say(help(about, terminal))
    return EXIT.done
  }
  // What follows a command stands for an argument of it: `help do config`.
  const [first = ''] = about.split(' ')
  if (known.includes(first)) {
    terminal.say(help(first, terminal))
    return EXIT.done
  }
  const near = nearest(about, [...known, ...firsts]) ?? nearest(about.split(' ')[0] ?? '', firsts)
  terminal.refusal('cli.no_such_command', { command: about, nearest: `help ${near ?? 'status'}` })
  return EXIT.usage
}

/** What was typed without the common options and their values. */
function typedWords(argv: readonly string[]): readonly string[] {
  return argv.filter((one, i) => !one.startsWith('-') && !TAKES_VALUE.has(argv[i - 1] ?? ''))
}
const TAKES_VALUE = new Set(['--lang', '--data', '--url'])

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
}

function parse(command: Command, rest: readonly string[]): Parsed {
  try {
    return parseArgs({
      args: [...rest],
      options: { ...COMMON, ...command.options },
      allowPositionals: true,
      strict: true,
    }) as Parsed
  } catch (cause) {
    const code = (cause as { code?: string }).code
    const { message } = cause as Error
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const option = /'(--?[^' =]+)/.exec(message)?.[1] ?? message
      // The command that is asked about has options of its own.
      if (command.usage.includes('-- '))
        throw new SekishoError(
          'cli.put_dashes',
          { option, line: ['sekisho', command.words, ...withDashes(command, rest)].join(' ') },
          { cause },
        )
      const known = [...Object.keys(COMMON), ...Object.keys(command.options)].map((one) => `--${one}`)
      throw new SekishoError(
        'cli.no_such_option',
        { option, nearest: nearest(option, known) ?? '—', command: command.words },
        { cause },
      )
    }
    const option = /^Option '([^'<]+?) ?(?:<value>)?'/.exec(message)?.[1]
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && option !== undefined)
      throw new SekishoError(
        'cli.option_value',
        {
          option,
          wants: /<value>' argument missing|ambiguous/.test(message) ? 'value' : 'none',
          usage: usageLines(command),
        },
        { cause },
      )
    throw new SekishoError('cli.usage', { why: message, usage: usageLines(command) }, { cause })
  }
}

/** What stands in a next line for the words of a person. */
const PLACEHOLDER =
  /^(?:…|\.\.\.|REASON|TEXT|WHO: ?WHAT|KEY=VALUE|PATH=NEWFILE|[A-Za-z_][A-Za-z0-9_]*=VALUE)$/

/** An option or argument that was pasted as it was printed. Words behind `--` are a foreign command. */
function copiedPlaceholder(command: Command, { values, positionals }: Parsed): string | undefined {
  const isCopied = (one: unknown) => typeof one === 'string' && PLACEHOLDER.test(one.trim())
  for (const [name, value] of Object.entries(values)) {
    const found = (Array.isArray(value) ? value : [value]).find(isCopied)
    if (found !== undefined) return `--${name} ${String(found)}`
  }
  return command.usage.includes('-- ') ? undefined : positionals.find((one) => one.trim() === '…')
}

/** Our options in front, then the command that is asked about. */
function withDashes(command: Command, rest: readonly string[]): readonly string[] {
  const options: Readonly<Record<string, OptionSpec>> = { ...COMMON, ...command.options }
  let at = 0
  for (let one = rest[0]; one?.startsWith('--'); one = rest[at]) {
    const spec = options[one.slice(2).split('=')[0] ?? '']
    if (spec === undefined) break
    at += spec.type === 'string' && !one.includes('=') ? 2 : 1
  }
  return [...rest.slice(0, at), '--', ...rest.slice(at)].map(shellWord)
}

async function end(error: unknown, terminal: Terminal, world: World, client?: Client): Promise<ExitCode> {
  terminal.settle()
  if (world.interrupted.aborted || error instanceof Interrupted) return EXIT.interrupted
  if (error instanceof GateRefusal) {
    const { title, detail, next, code } = error.problem
    terminal.sentence(
      '✗',
      {
        what: title,
        ...(detail === undefined ? {} : { why: detail }),
        ...(next === undefined ? {} : { next: next.map((line) => startedHere(line, world)) }),
      },
      code,
    )
    return error.exit
  }
  if (error instanceof SekishoError) {
    // A gate that does not run accepts no login: that is reported first.
    if (error.code === 'cli.not_logged_in' && client !== undefined && !(await client.answers()))
      return await end(
        new SekishoError('gate.unreachable', { url: client.url, start: startLine(world.uid) }),
        terminal,
        world,
      )
    terminal.failure(error)
    return error.exit
  }
  if (isGone(error)) {
    terminal.refusal('cli.no_directory', {})
    return EXIT.usage
  }
  const bug = error instanceof Bug || error instanceof Error
  terminal.note(terminal.pick(COMMAND_LINE.bug(bug ? error.stack : String(error))))
  return EXIT.bug
}

/** The gate does not know how it is started here: by its units where it is installed. */
const startedHere = (line: string, { uid }: World) => (line === 'sekisho up' ? startLine(uid) : line)

/** The working directory was removed. */
function isGone(error: unknown): boolean {
  const { code, syscall } = error as Partial<NodeJS.ErrnoException>
  return code === 'ENOENT' && syscall === 'uv_cwd'
}

/** The process of the command line: its arguments, streams and signals. */
export async function runHere(): Promise<void> {
  const interrupt = new AbortController()
  // The first signal lets long work end in order; the second ends it at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(EXIT.interrupted)
      interrupt.abort()
    })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done)
    throw error
  })
  const environment = systemEnvironment
  const interactive = process.stderr.isTTY === true && process.stdin.isTTY === true
  process.exitCode = await main(process.argv.slice(2), {
    environment,
    streams: {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      interactive,
      // A terminal without a size reports 0: a serial line, a program that emulates a terminal.
      width: Math.min(process.stdout.columns || process.stderr.columns || 80, 120),
      ...(process.stdout.isTTY === true ? { wide: process.stdout.columns || 80 } : {}),
      colour:
        process.stdout.isTTY === true &&
        environment['NO_COLOR'] === undefined &&
        environment['TERM'] !== 'dumb',
    },
    stdin: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    },
    uid: process.getuid?.() ?? -1,
    interrupted: interrupt.signal,
  })
}

if (import.meta.main) await runHere()

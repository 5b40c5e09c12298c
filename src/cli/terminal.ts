// The terminal: language, width, colours, and how output is laid out (terminal §1). stdout is the answer, stderr is everything else.
import { createInterface } from 'node:readline/promises'
import type { Refused } from '../base/error.ts'
import type { ErrorCode } from '../base/error-codes.ts'
import type { Detail, DetailOf } from '../base/error-values.ts'
import type { Style } from '../change/card-shapes.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { LABELS, YES } from '../words/labels.ts'
import { columns, cut, facts, labelled, pad, plainJson, visibleLine } from '../words/layout.ts'
import { withLocalTimes } from '../words/local-time.ts'
import type { Language, Sentence } from '../words/words.ts'
import { inAscii } from './in-ascii.ts'

export interface Streams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** stderr is shown to a person, and stdin can answer. */
  readonly interactive: boolean
  readonly width: number
  /** The whole width of the terminal that stdout is; absent: stdout is none. */
  readonly wide?: number
  readonly colour: boolean
  /** Where answers are read from. Absent: stdin. */
  readonly input?: NodeJS.ReadableStream
}

const COLOURS: Readonly<Record<Style, string>> = {
  good: '32',
  bad: '31',
  look: '33',
  dim: '2',
  strong: '1',
  added: '32',
  removed: '31',
}

/** Ctrl-C at a question: the command ends with exit 130 and has done nothing more. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

export class Terminal {
  readonly language: Language
  readonly json: boolean
  readonly ascii: boolean
  readonly streams: Streams
  readonly #untouched: Streams
  #moving = false

  constructor(options: { language: Language; json: boolean; ascii: boolean; streams: Streams }) {
    // ASCII has no Japanese sentences.
    this.language = options.ascii && !options.json ? 'en' : options.language
    this.json = options.json
    this.ascii = options.ascii
    const { streams } = options
    this.#untouched = streams
    this.streams =
      options.ascii && !options.json
        ? {
            ...streams,
            out: (text) => streams.out(inAscii(text)),
            err: (text) => streams.err(inAscii(text)),
          }
        : streams
  }

  readonly paint = (style: Style, text: string): string =>
    this.streams.colour ? `\u001b[${COLOURS[style]}m${text}\u001b[0m` : text

  /** The answer of the command. */
  say(text: string): void {
    this.settle()
    this.streams.out(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Content of others, printed unchanged: a difference, an export. */
  content(text: string): void {
    this.settle()
    this.#untouched.out(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Machine output with a stable shape. */
  answer(value: unknown): void {
    this.settle()
    this.streams.out(`${plainJson(value)}\n`)
  }

  note(text: string): void {
    this.settle()
    this.streams.err(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Lines with a mark or a label in front, wrapped beside it. On a pipe they are not wrapped. */
  report(text: string): void {
    const wrapped = text.split('\n').flatMap((line) => {
      const label = /^(?:[✗!] | {4}\S+ {2,})/.exec(line)?.[0] ?? ''
      return labelled(label, line.slice(label.length), columns(label), this.streams.width)
    })
    this.note(wrapped.join('\n'))
  }

  /** Picks one of two sentences by language. */
  pick<T>(both: { readonly ja: T; readonly en: T }): T {
    return both[this.language]
  }

  /** A line that is redrawn while something lasts. On a pipe nothing is printed until `done`. */
  moving(text: string): void {
    if (!this.streams.interactive) return
    this.#moving = true
    this.streams.err(`\r\u001b[K${cut(text, this.streams.width - 1)}`)
  }

  /** Replaces the redrawn line by its result. */
  settle(text?: string): void {
    if (this.#moving) this.streams.err('\r\u001b[K')
    this.#moving = false
    if (text !== undefined) this.streams.err(`${text}\n`)
  }

  /** A refusal: what, why, what to type instead; on stderr, or as JSON. */
  sentence(mark: '✗' | '!', sentence: Sentence, code?: string): void {
    this.settle()
    const width = this.streams.width
    const head = labelled(
      this.ascii ? (mark === '✗' ? 'x' : '!') : mark,
      visibleLine(withLocalTimes(sentence.what, this.language)),
      2,
      width,
    )
    const because = `  ${pad(this.pick(LABELS.why), 6)}`
    const why =
      sentence.why === undefined
        ? []
        : facts(visibleLine(withLocalTimes(sentence.why, this.language)), width - columns(because)).flatMap(
            (line, i) => labelled(i === 0 ? because : '', line, columns(because), width),
          )
    const next = (sentence.next ?? []).map(
      (line, i) => `  ${i === 0 ? this.pick(LABELS.next) : '    '}  ${line}`,
    )
    this.streams.err(
      `${this.paint(mark === '✗' ? 'bad' : 'look', head.join('\n'))}\n${[...why, ...next].map((line) => `${line}\n`).join('')}`,
    )
    if (code !== undefined && this.json) this.answer({ ok: false, code, ...sentence })
  }

  refusal<const Code extends ErrorCode>(code: Code, detail: DetailOf<Code>): void
  refusal(code: ErrorCode, detail: Detail): void {
    this.failure({ code, detail })
  }

  /** What was thrown, under its own code. */
  failure({ code, detail }: Pick<Refused, 'code' | 'detail'>): void {
    this.sentence('✗', ERROR_WORDS[code][this.language](reader(detail)), code)
  }

  /** Only `y` or `yes` is a yes. Without a terminal the answer is no. */
  async agrees(question: string): Promise<boolean> {
    return YES.test((await this.ask(question)) ?? '')
  }

  /** Asks a person. Undefined where nobody can answer. Ctrl-C throws `Interrupted`. */
  async ask(question: string): Promise<string | undefined> {
    if (!this.streams.interactive) return undefined
    this.settle()
    const lines = createInterface({ input: this.streams.input ?? process.stdin, output: process.stderr })
    const stop = new AbortController()
    // Ctrl-C interrupts. The end of the input (Ctrl-D) counts as no answer.
    let interrupted = false
    lines.on('SIGINT', () => {
      interrupted = true
      stop.abort()
    })
    lines.on('close', () => stop.abort())
    try {
      return (await lines.question(question, { signal: stop.signal })).trim()
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error
      this.streams.err('\n')
      if (interrupted) throw new Interrupted()
      return undefined
    } finally {
      lines.close()
    }
  }
}

/** `ja` for a Japanese locale, else English. */
export function languageOf(locale: string | undefined): Language {
  return locale !== undefined && /^ja([_.-]|$)/i.test(locale) ? 'ja' : 'en'
}

// Counts the error lines of a log as its bytes come in, by the time in each line (E6). Candidates are found by one regular expression over
// whole chunks of latin1 text, and only those lines are looked at any further. Pure.
import { beginsWithLevel, isErrorLine, stampOf } from './log-line.ts'
import { isLostUpstream, isOwnRequest, LOOPBACK } from './lost-upstream.ts'

/** Every line that `isErrorLine` says yes to holds one of these; most lines hold none. */
const CANDIDATE =
  /ERROR|SEVERE|CRIT|ALERT|EMERG|FATAL|PANIC|[[:="](?:[Ee]rror|[Ss]evere|[Cc]rit(?:ical)?|[Aa]lert|[Ee]merg(?:ency)?|[Ff]atal|[Pp]anic)[\]"'\s]|(?:level|severity|lvl|levelname)"\s*:\s*[5-9]\d/g
// The engine interprets a regular expression at its first use and compiles it at its next one: the first chunk is large.
for (const text of ['ERROR\n', 'no\n', 'ERROR\n']) CANDIDATE.test(text)
/** Of a longer line the beginning counts: stamps and levels stand in front. */
const LINE_LIMIT = 65_536
/** Lines of the beginning that are asked for a time. */
const SAMPLE_LINES = 200

export class ErrorScan {
  readonly #since: number
  readonly #reference: number
  readonly #clients: ReadonlySet<string>
  /** Errors by second. */
  readonly counts = new Map<number, number>()
  /** Of them those by which nginx says that a service was not there. */
  readonly lost = new Map<number, number>()
  /** Errors about requests of Sekisho itself, which are not counted. */
  readonly own = new Map<number, number>()
  /** When the newest line was written that may be an error and could not be judged, in ms; without a time of its own, the reference. */
  unjudged: number | undefined
  lines = false
  stamped = false
  #sampled = 0
  #rest = ''
  /** The rest of a line that was too long is left out until it ends. */
  #isSkipping = false
  /** Bytes of it that are left out. */
  #dropped = 0

  /** `addresses`: those of this machine, beside the loopback. */
  constructor(since: number, reference: number, addresses: readonly string[] = []) {
    this.#clients = new Set([...LOOPBACK, ...addresses])
    this.#since = since
    this.#reference = reference
  }

  /** How many bytes at the end were not counted yet: a line that has no end. */
  get pending(): number {
    return this.#rest.length + this.#dropped
  }

  add(chunk: string): void {
    const end = chunk.lastIndexOf('\n')
    if (end === -1) {
      if (this.#isSkipping) this.#dropped += chunk.length
      else this.#rest += chunk
      if (this.#rest.length > LINE_LIMIT) this.#cutRest()
      return
    }
    if (this.#isSkipping) {
      const first = chunk.indexOf('\n')
      this.#isSkipping = false
      this.#dropped = 0
      this.#scan(`${this.#rest}\n${chunk.slice(first + 1, end + 1)}`)
    } else if (this.#rest === '') this.#scan(end === chunk.length - 1 ? chunk : chunk.slice(0, end + 1))
    else {
      const first = chunk.indexOf('\n')
      this.#scan(this.#rest + chunk.slice(0, first + 1))
      this.#scan(chunk.slice(first + 1, end + 1))
    }
    this.#rest = chunk.slice(end + 1)
    if (this.#rest.length > LINE_LIMIT) this.#cutRest()
  }

  /** The last line, which has no line feed: it is counted where its writer has ended. */
  end(): void {
    if (this.#rest !== '') this.#scan(`${this.#rest}\n`)
    this.#rest = ''
    this.#isSkipping = false
    this.#dropped = 0
  }

  #cutRest(): void {
    this.#dropped += this.#rest.length - LINE_LIMIT
    this.#rest = this.#rest.slice(0, LINE_LIMIT)
    this.#isSkipping = true
  }

  #scan(text: string): void {
    if (text === '') return
    if (this.#sampled < SAMPLE_LINES) this.#sample(text)
    CANDIDATE.lastIndex = 0
    for (let found = CANDIDATE.exec(text); found !== null; found = CANDIDATE.exec(text)) {
      const start = text.lastIndexOf('\n', found.index) + 1
      const end = text.indexOf('\n', found.index)
      const line = text.slice(start, Math.min(end, start + LINE_LIMIT))
      CANDIDATE.lastIndex = end + 1
      this.#line(line, () => before(text, start))
    }
  }

  /** A line without a time belongs to the line before it: one error with its trace is one. */
  #line(line: string, linesBefore: () => Iterable<string>): void {
    const isError = isErrorLine(line)
    if (isError === false) return
    const at = stampOf(line, this.#reference) ?? this.#timeOf(line, linesBefore)
    if (at === 'belongs') return
    if (isError === undefined || at === undefined) {
      const when = at ?? this.#reference
      if (when >= this.#since) this.unjudged = Math.max(this.unjudged ?? 0, when)
      return
    }
    this.stamped = true
    if (at < this.#since) return
    const second = Math.floor(at / 1000)
    if (isOwnRequest(line, this.#clients)) {
      this.own.set(second, (this.own.get(second) ?? 0) + 1)
      return
    }
    this.counts.set(second, (this.counts.get(second) ?? 0) + 1)
    if (isLostUpstream(line)) this.lost.set(second, (this.lost.get(second) ?? 0) + 1)
  }

  /** Of a line without a time: that of the entry before it, unless it is a part of that entry. Undefined: no time stands before it here. */
  #timeOf(line: string, linesBefore: () => Iterable<string>): number | 'belongs' | undefined {
    if (line.startsWith('{')) return undefined
    if (!beginsWithLevel(line)) return 'belongs'
    for (const one of linesBefore()) {
      const at = stampOf(one, this.#reference)
      if (at !== undefined) return isErrorLine(one) === true ? 'belongs' : at
    }
    return undefined
  }

  #sample(text: string): void {
    for (let at = 0; at < text.length && this.#sampled < SAMPLE_LINES; ) {
      const end = text.indexOf('\n', at)
      const line = text.slice(at, end)
      at = end + 1
      if (line.trim() === '') continue
      this.lines = true
      this.#sampled++
      if (this.stamped) continue
      if (stampOf(line, this.#reference) !== undefined) this.stamped = true
    }
  }
}

/** The lines in front of a place, the nearest first. */
function* before(text: string, start: number): Generator<string> {
  let end = start - 1
  for (let i = 0; i < LINES_BEFORE && end > 0; i++) {
    const from = text.lastIndexOf('\n', end - 1) + 1
    yield text.slice(from, Math.min(end, from + LINE_LIMIT))
    end = from - 1
  }
}
/** An entry with its trace is seldom longer. */
const LINES_BEFORE = 60

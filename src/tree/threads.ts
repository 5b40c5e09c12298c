// A pool of threads that answer requests. A thread runs the text of one function, which may name nothing outside itself: the runner is shipped
// as one file, and a thread that loaded it would take longer to start than its work.
import { type TransferListItem, Worker } from 'node:worker_threads'
import { SekishoError } from '../base/error.ts'

export interface Threads<Question, Answer> extends AsyncDisposable {
  /** Answered by the first free thread. Throws process.failed where a thread ends. */
  ask(question: Question): Promise<Answer>
}

/** The bytes of one message: many small files are sent at once. */
export const BATCH_FILES = 256
export const BATCH_BYTES = 8 * 1_048_576
/** Below this many files and bytes, starting a thread takes longer than the work. */
export const MANY_ENTRIES = 2000
export const MANY_BYTES = 64 * 1_048_576
/** What a thread allocates is short-lived, so it needs little memory. */
const YOUNG_MB = 6
/** The next request is already queued when an answer is sent. */
const AHEAD = 2

interface Asked<Question, Answer> {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/**
 * `answer`: makes, in the thread, what answers a question; what it answers may name buffers to hand over. The signal ends the threads, and whoever
 * waits is told backup.aborted when nothing is at work any more.
 */
export function openThreads<Question, Answer>(
  count: number,
  answer: () => (question: Question) => { readonly answer: Answer; readonly give: TransferListItem[] },
  signal?: AbortSignal,
): Threads<Question, Answer> {
  const queue: Asked<Question, Answer>[] = []
  const text = `(${serve.toString()})(${answer.toString()})`
  const threads = Array.from({ length: count }, () => startThread<Question, Answer>(text, () => hand()))
  const hand = () => {
    while (queue.length > 0) {
      const idle = threads.reduce((a, b) => (b.waiting() < a.waiting() ? b : a))
      if (idle.waiting() >= AHEAD) return
      idle.ask(queue.shift() as Asked<Question, Answer>)
    }
  }
  const abort = () => {
    for (const { reject } of queue.splice(0)) reject(new SekishoError('backup.aborted'))
    for (const thread of threads) thread.stop(new SekishoError('backup.aborted'))
  }
  signal?.addEventListener('abort', abort, { once: true })
  return {
    ask: (question) =>
      new Promise<Answer>((resolve, reject) => {
        queue.push({ question, resolve, reject })
        hand()
      }),
    [Symbol.asyncDispose]: async () => {
      signal?.removeEventListener('abort', abort)
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

function serve(make: () => (question: unknown) => { answer: unknown; give: TransferListItem[] }): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const answerOf = make()
  parentPort?.on('message', (question: unknown) => {
    const { answer, give } = answerOf(question)
    parentPort.postMessage(answer, give)
  })
}

function startThread<Question, Answer>(text: string, answered: () => void) {
  const worker = new Worker(text, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
  /** Answers come in the order of the requests. */
  const waiting: Asked<Question, Answer>[] = []
  let ended: SekishoError | undefined
  const lost = (cause: unknown) => {
    const why = String(cause).slice(0, 200)
    ended ??= new SekishoError('process.failed', { program: 'thread', why }, { cause })
    for (const one of waiting.splice(0)) one.reject(ended)
    answered()
  }
  worker.on('message', (answer: Answer) => {
    waiting.shift()?.resolve(answer)
    answered()
  })
  worker.on('error', lost)
  worker.on('exit', () => lost('it ended'))
  return {
    stop: (why: SekishoError) => {
      ended ??= why
      void worker.terminate()
    },
    waiting: () => waiting.length,
    ask: (asked: Asked<Question, Answer>) => {
      if (ended !== undefined) {
        asked.reject(ended)
        return
      }
      waiting.push(asked)
      worker.postMessage(asked.question)
    },
    end: async () => {
      await worker.terminate()
    },
  }
}

/** Joins the names or paths of one batch with NUL, which occurs in none of them. */
export function packed(paths: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(paths.reduce((sum, path) => sum + path.length + 1, 0))
  let at = 0
  for (const path of paths) {
    bytes.set(path, at)
    bytes[at + path.length] = 0
    at += path.length + 1
  }
  return bytes
}

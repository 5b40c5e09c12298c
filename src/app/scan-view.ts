// What `sekisho init` looks through on this machine: directories, files, sockets and answers. Nothing is changed by looking.
import { readdir } from 'node:fs/promises'
import { byteOrder } from '../base/id.ts'
import { readRegular } from '../sys/files.ts'
import { probeHttp } from '../sys/net.ts'
import { run } from '../sys/process.ts'
import { hostView } from './host-view.ts'
import type { Owner } from './init.ts'
import type { ScanView } from './inventory-findings.ts'

const READ_LIMIT = 1_048_576
/** A git index of a large tree is some megabytes. */
const BYTES_LIMIT = 33_554_432
const ANSWER_MS = 1000

export const scanView: ScanView = {
  list: async (directory) => (await readdir(directory).catch(() => [])).sort(byteOrder),
  read,
  bytes: async (path) => {
    try {
      return (await readRegular(path, BYTES_LIMIT))?.bytes
    } catch {
      return undefined
    }
  },
  path: hostView.path,
  run: async (argv) => {
    const shown = await run(argv, { timeoutMs: 10_000, maxOutput: READ_LIMIT })
    return shown.code === 0 ? shown.stdout : undefined
  },
  answer: async (url, ca) => {
    const trusted = ca === undefined ? undefined : await read(ca)
    if (ca !== undefined && trusted === undefined) return undefined
    const answer = await probeHttp(url, {
      timeoutMs: ANSWER_MS,
      ...(trusted === undefined ? {} : { ca: trusted }),
    })
    return answer.kind === 'answer' ? answer.status : undefined
  },
}

async function read(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path, READ_LIMIT))?.bytes.toString('utf8')
  } catch {
    return undefined // Looked at, not readable: the scan says what it could not tell.
  }
}

/** Who asks, with the public keys of the home directory. */
export async function ownerHere(user: string, home: string): Promise<Owner> {
  const names = (await scanView.list(`${home}/.ssh`)).filter((name) => name.endsWith('.pub'))
  const keys = await Promise.all(
    names.map(async (name) => {
      const path = `${home}/.ssh/${name}`
      return { path, line: (await read(path))?.trim() ?? '' }
    }),
  )
  return { user, keys }
}

// Archives of advisories that are fetched from a declared address: asked for each time whether they have changed, kept as a file of our own.
// What cannot be asked is not answered from what was kept: nobody knows whether that is still so (N27).
import { createWriteStream } from 'node:fs'
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sha256 } from '../base/hash.ts'
import { isObject } from '../base/json.ts'
import { post } from '../sys/outbound.ts'
import type { LookContext } from './looker.ts'

const LIMIT_BYTES = 512 * 1_048_576
const WITHIN_MS = 40_000

/** An open file with the archive as it is there now, or why there is none. */
export async function openFetched(
  url: string,
  caPath: string | undefined,
  { places }: Pick<LookContext, 'places'>,
): Promise<FileHandle | string> {
  const path = join(places.state, `archive-${sha256(url).slice(0, 32)}`)
  const ca = caPath === undefined ? undefined : await readFile(caPath).catch(() => null)
  if (ca === null) return `ca_unreadable ${caPath ?? ''}`
  const kept = await open(path).catch(() => undefined)
  const tag = kept === undefined ? undefined : await tagOf(`${path}.tag`)
  let newTag: string | undefined
  const answer = await post({
    url,
    method: 'GET',
    // The owner named this address for this machine to read.
    private: true,
    timeoutMs: WITHIN_MS,
    ...(ca === undefined ? {} : { ca }),
    ...(tag === undefined ? {} : { headers: { 'if-none-match': tag } }),
    take: async (response) => {
      let size = 0
      const limited = new Transform({
        transform(chunk: Buffer, _, done) {
          size += chunk.length
          done(size > LIMIT_BYTES ? Object.assign(new Error(path), { code: 'EFBIG' }) : null, chunk)
        },
      })
      await pipeline(response, limited, createWriteStream(`${path}.part`, { mode: 0o600 }))
      newTag = response.headers.etag
    },
  })
  if (answer.kind === 'answer' && answer.status === 304 && kept !== undefined) return kept
  await kept?.close()
  if (answer.kind === 'failed' || answer.status !== 200) {
    await rm(`${path}.part`, { force: true })
    return answer.kind === 'failed' ? `${answer.why} ${answer.what}` : `http ${answer.status}`
  }
  await rm(`${path}.tag`, { force: true })
  await rename(`${path}.part`, path)
  if (newTag !== undefined) await writeFile(`${path}.tag`, JSON.stringify({ tag: newTag }), { mode: 0o600 })
  return open(path)
}

async function tagOf(path: string): Promise<string | undefined> {
  try {
    const said: unknown = JSON.parse(await readFile(path, 'utf8'))
    const tag = isObject(said) ? said['tag'] : undefined
    return typeof tag === 'string' && /^[\x20-\x7e]{1,500}$/.test(tag) ? tag : undefined
  } catch {
    return undefined // None was given, or the file is damaged: it is fetched whole.
  }
}

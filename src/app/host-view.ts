// What `config apply` may look at on this host: declared paths and health addresses. Looking changes nothing.
import { constants } from 'node:fs'
import { access, lstat, readFile, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HealthLook, HostView, PathLook } from '../policy/host-check.ts'
import type { Health } from '../seal/policy.ts'
import { fileType } from '../sys/files.ts'
import { probeHttp } from '../sys/net.ts'

export const hostView: HostView = { path: lookAtPath, health: lookAtHealth }

async function lookAtPath(path: string): Promise<PathLook> {
  try {
    await lstat(path)
    const real = await realpath(path)
    const found = await stat(real)
    const type = fileType(found)
    if (type === 'file') return { kind: 'file', size: found.size, names: found.nlink, real }
    if (type === 'directory' || type === 'pipe' || type === 'socket') return { kind: type, real }
    return { kind: 'device', real }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return { kind: 'unreadable', why: code }
    return { kind: 'absent', directory: await isDirectory(dirname(path)), real: path }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK)
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

async function lookAtHealth(health: Health): Promise<HealthLook> {
  let ca: string | undefined
  if (health.ca !== undefined) {
    try {
      ca = await readFile(health.ca, 'utf8')
    } catch (error) {
      return {
        kind: 'certificate',
        why: `${health.ca}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`,
      }
    }
  }
  const answer = await probeHttp(health.url, {
    timeoutMs: health.withinMs,
    ...(ca === undefined ? {} : { ca }),
  })
  if (answer.kind === 'answer') {
    const to = answer.headers['location']
    return { kind: 'answer', status: answer.status, ...(to === undefined ? {} : { to }) }
  }
  return { kind: answer.why === 'certificate' ? 'certificate' : 'silent', why: answer.code }
}

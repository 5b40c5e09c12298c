// What `config apply` may look at on this host: declared paths and health addresses. Looking changes nothing.
import { constants } from 'node:fs'
import { access, lstat, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { OWN_REQUEST } from '../base/own-request.ts'
import type { Health } from '../plans/policy.ts'
import type { HealthLook, HostView, PathLook } from '../policy/host-check.ts'
import { fileType } from '../sys/files.ts'
import { probeHttp } from '../sys/net.ts'

export const hostView: HostView = { path: lookAtPath, health: lookAtHealth }

async function lookAtPath(path: string): Promise<PathLook> {
  try {
    await lstat(path)
    const real = await realpath(path)
    const found = await stat(real)
    const type = fileType(found)
    if (type === 'file')
      return {
        kind: 'file',
        size: found.size,
        names: found.nlink,
        real,
        isPrivate: (found.mode & 0o004) === 0,
      }
    if (type === 'directory' || type === 'pipe' || type === 'socket') return { kind: type, real }
    return { kind: 'device', real }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return { kind: 'unreadable', why: code }
    const real = await whereItWouldBe(path)
    if (real === undefined) return { kind: 'unreadable', why: 'ELOOP' }
    return { kind: 'absent', directory: await isDirectory(dirname(real)), real }
  }
}

const MAX_LINKS = 40

/** The place that writing to the path would make: links lead on also where their end is not there. Undefined for a loop. */
async function whereItWouldBe(path: string): Promise<string | undefined> {
  let here = path
  for (let links = 0; links < MAX_LINKS; links++) {
    const directory = await realpath(dirname(here)).catch(() => dirname(here))
    here = join(directory, basename(here))
    const target = await readlink(here).catch(() => undefined)
    if (target === undefined) return here
    here = resolve(directory, target)
  }
  return undefined
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
    headers: OWN_REQUEST,
    ...(ca === undefined ? {} : { ca }),
  })
  if (answer.kind === 'answer') {
    const to = answer.headers['location']
    return { kind: 'answer', status: answer.status, ...(to === undefined ? {} : { to }) }
  }
  return { kind: answer.why === 'certificate' ? 'certificate' : 'silent', why: answer.code }
}

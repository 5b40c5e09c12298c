// A service of another language than ours on a test host: its files become a repository, are built where they lie, and run as a unit of their own.
import type { Host } from '../host/host.ts'
import { operatorKey } from '../host/mirai.ts'
import { until } from '../until.ts'
import type { StoryService } from './code-story.ts'

export interface SeededService {
  readonly name: string
  readonly port: number
  readonly files: Readonly<Record<string, string>>
  /** What builds it, in its release. */
  readonly build: readonly string[]
  /** What the unit starts, below the release. */
  readonly start: string
  /** `test:` of the service, and what its build needs besides, as lines of the rules. */
  readonly rules: string
}

/** Below `/srv`, deployed as releases; Claude has a clone. */
export function seeded({ name, port, files, build, start, rules }: SeededService): StoryService {
  const root = `/srv/${name}`
  const work = `/home/claude/${name}`
  const unit = `[Unit]
Description=${name}
[Service]
User=${name}
WorkingDirectory=${root}/current
ExecStart=${root}/current/${start}
Restart=on-failure
[Install]
WantedBy=multi-user.target
`
  const policy = async (host: Host) => `lang: en
name: ${name}
services:
  ${name}:
    manager: { systemd: ${name}.service }
    health: { url: 'http://127.0.0.1:${port}/health', json: { status: ok }, good: 2, of: 3, every: 200ms }
    repo: { path: ${root}, branch: main, deploy: releases }
${rules}people:
  ops1: { keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: 60s }
`
  const make = async (host: Host) => {
    const seed = '/root/seed'
    for (const [path, text] of Object.entries(files)) {
      await host.ok(['sh', '-c', 'mkdir -p "$(dirname "$0")"', `${seed}/${path}`])
      await host.put(`${seed}/${path}`, text)
    }
    await host.put(`/etc/systemd/system/${name}.service`, unit)
    const script = `useradd --system --no-create-home --shell /usr/sbin/nologin ${name}
cd ${seed} && git init -q -b main && git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm first
install -d ${root}/releases ${root}/shared
git clone -q --bare ${seed} ${root}/repository.git
cp -a ${seed} ${root}/releases/first && rm -rf ${root}/releases/first/.git
ln -s releases/first ${root}/current
cd ${root}/releases/first && ${build.join(' ')}
git clone -q ${seed} ${work} && git -C ${work} config user.name Claude && git -C ${work} config user.email claude@example.jp
chown -R claude:claude ${work}
systemctl daemon-reload && systemctl enable -q --now ${name}`
    await host.ok(['bash', '-ec', script], { timeoutMs: 600_000 })
    await until(`${name} to answer`, 30_000, async () =>
      (await fetched(host, port, '/health')).includes('ok') ? true : undefined,
    )
  }
  return { name, root, work, policy, make }
}

export async function fetched(host: Host, port: number, path: string): Promise<string> {
  return (await host.exec(['curl', '-s', '--max-time', '5', `http://127.0.0.1:${port}${path}`])).stdout.trim()
}

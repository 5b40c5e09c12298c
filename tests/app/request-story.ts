// A small service whose articles are changed through its own interface, beside a gate: what the tests of declared calls have in common. It counts what it is sent.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { order, signBackups, withBackup } from './backup-story.ts'
import { knowsFarCopy } from './far-copy.ts'
import { openScene, type Scene } from './scene.ts'

export const TOKEN = 'canary-token-4f1e'

export interface Sent {
  readonly method: string
  readonly url: string
  readonly authorization: string
  readonly body: string
}

export interface RequestStory {
  readonly scene: Scene
  readonly data: string
  /** Every request that writes, as the server counts it. */
  readonly seen: Sent[]
  articles(): readonly { readonly id: number; readonly title: string }[]
  create(request: object): Promise<{ status: number; text: string; body: ChangeView & { code?: string } }>
  /** Tried, its rehearsal waived: the service has no unit that could be started in a room. */
  ready(request: object): Promise<string>
  end(): Promise<void>
}

/** What the server does with a title, in the place of keeping it. */
const MISBEHAVES: readonly string[] = ['Osaka', 'Nara', 'Kobe', 'Otsu', 'Uji']

export async function openRequestStory(): Promise<RequestStory> {
  const scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  const data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  writeFileSync(join(data, 'articles.json'), JSON.stringify([{ id: 7, title: 'Kyoto', tags: [] }]))
  writeFileSync(join(data, 'users.json'), '[]')
  const articles = () => JSON.parse(readFileSync(join(data, 'articles.json'), 'utf8'))
  const seen: Sent[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const [one] = articles()
      if (request.method === 'GET') return response.end(JSON.stringify(one))
      const body = Buffer.concat(pieces).toString()
      const { method = '', url = '', headers } = request
      seen.push({ method, url, authorization: headers.authorization ?? '', body })
      if (headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end()
      const title = MISBEHAVES.find((name) => body.includes(name))
      if (title === 'Osaka') return response.writeHead(422).end()
      if (title === 'Nara') return response.writeHead(500).end()
      if (title === 'Kobe') return undefined
      if (title === 'Otsu') return response.writeHead(307, { location: '/api/articles/8' }).end()
      writeFileSync(join(data, 'articles.json'), JSON.stringify([{ ...one, ...JSON.parse(body) }]))
      return response.end(title === 'Uji' ? 'x'.repeat(4_000_000) : '{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  const call = "method: PUT, path: '/articles/{id}', read: '/articles/{id}', credential: API_TOKEN"
  await scene.rewritePolicy((yaml) =>
    withBackup(
      data,
      to,
    )(yaml).replace(
      '        format: json\n',
      [
        '        format: json',
        '        change: api-only',
        '        api:',
        `          base: ${base}`,
        '          calls:',
        `            retitle: { ${call}, within: 3s, inverse: { method: PUT, path: '/articles/{id}' } }`,
        `            drop: { ${call} }`,
        `            unknown: { ${call.replace('API_TOKEN', 'NEVER_PUT')}, inverse: { method: PUT, path: '/articles/{id}' } }`,
        '',
      ].join('\n'),
    ),
  )
  await connectRunner(join(scene.directory, 'data', 'run', 'admin.sock')).ask('secret', {
    service: 'app' as ServiceName,
    key: 'API_TOKEN',
    base64: Buffer.from(TOKEN).toString('base64'),
  })
  await signBackups(scene)
  await order(scene, 'backup')
  await knowsFarCopy(scene, 3_600_000, 'content')
  const create: RequestStory['create'] = (request) =>
    scene.call<ChangeView & { code?: string }>('ops1', 'POST', '/changes', {
      pattern: 'request',
      service: 'app',
      instruction: { text: 'call it Tokyo' },
      notification: 'not_needed',
      request,
    })
  return {
    scene,
    data,
    seen,
    articles,
    create,
    ready: async (request) => {
      const made = await create(request)
      if (made.status !== 200) throw new Error(made.text)
      const { id } = made.body
      await scene.call('ops1', 'POST', `/changes/${id}/try`)
      for (const check of ['trial', 'undo']) await scene.waive('ops2', id, check)
      const sealed = await scene.seal('ops1', id)
      if (sealed.status !== 200) throw new Error(sealed.text)
      return id
    },
    end: async () => {
      server.closeAllConnections()
      server.close()
      await scene.end()
    },
  }
}

export const retitle = (title: string, back: string) => ({
  call: 'retitle',
  params: { id: '7' },
  body: JSON.stringify({ title }),
  inverseBody: JSON.stringify({ title: back }),
})

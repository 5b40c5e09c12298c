// The policy of the reference service as `config apply` writes it from examples/mirai/deploy/sekisho.yaml, on a host where its developers work too.
import { BUILTIN, type Compiled, compile } from '../../src/guard/policy.ts'

/** A checkout of the service, beside the installed one. */
export const CHECKOUT = '/home/dev/mirai'

export const MIRAI: Compiled = compile({
  ...BUILTIN,
  version: 'mirai',
  level: 'guard',
  protect: [
    ...BUILTIN.protect,
    {
      name: 'data',
      kind: 'data',
      service: 'mirai-knowledge-system',
      paths: ['/var/lib/mirai/data/**'],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: 'services.mirai-knowledge-system.data[0]',
    },
    {
      name: 'secrets',
      kind: 'secret',
      service: 'mirai-knowledge-system',
      paths: ['/srv/mirai/.env'],
      read: 'deny',
      write: 'deny',
      delete: 'deny',
      source: 'services.mirai-knowledge-system.configs[2]',
    },
    {
      name: 'site',
      kind: 'config',
      service: 'mirai-knowledge-system',
      paths: ['/etc/nginx/sites-available/mirai'],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: 'services.mirai-knowledge-system.configs[0]',
    },
  ],
  services: [
    {
      name: 'mirai-knowledge-system',
      units: ['mirai-knowledge-system.service'],
      processes: [],
      ports: [8080],
      containers: [],
      urls: ['http://127.0.0.1:8080', 'https://localhost'],
      source: 'services.mirai-knowledge-system',
    },
  ],
  databases: [{ name: 'mirai', engine: 'postgresql', service: 'mirai-knowledge-system' }],
})

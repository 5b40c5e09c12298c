// The policy that the guard's vectors are judged under: one declared service, its data through an API, its secrets, its units.

import { BUILTIN, type Compiled, compile, type GuardPolicy } from '../../src/guard/policy.ts'
import { HOOKS, SELF } from '../../src/policy/compile-guard.ts'

export const CWD = '/srv/app'

export const POLICY: GuardPolicy = {
  ...BUILTIN,
  version: 'vectors',
  level: 'guard',
  protect: [
    ...BUILTIN.protect,
    SELF,
    HOOKS,
    {
      name: 'data',
      kind: 'data',
      service: 'backend',
      paths: ['/srv/app/backend/data/**'],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: 'sekisho.yaml:12',
    },
    // Its files stand in a git tree, and git tracks them.
    {
      name: 'shop data',
      kind: 'data',
      service: 'shop',
      paths: ['/srv/shop/data/**'],
      tree: '/srv/shop',
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: 'sekisho.yaml:22',
    },
    {
      name: '/backup/shop',
      kind: 'data',
      service: 'shop',
      paths: ['/backup/shop/**'],
      read: 'allow',
      write: 'deny',
      delete: 'deny',
      source: 'services.shop.backup',
    },
    {
      name: 'private keys',
      kind: 'secret',
      service: 'shop',
      paths: ['/etc/shop/tls.key'],
      read: 'deny',
      write: 'deny',
      delete: 'deny',
      source: 'services.shop.configs',
    },
    {
      name: 'configuration',
      kind: 'secret',
      service: 'backend',
      paths: ['/srv/app/.env'],
      read: 'deny',
      write: 'deny',
      delete: 'deny',
      source: 'sekisho.yaml:14',
    },
  ],
  services: [
    {
      name: 'backend',
      units: ['backend.service'],
      processes: ['node'],
      ports: [3000],
      containers: ['backend'],
      urls: ['http://localhost:3000'],
      source: 'sekisho.yaml:8',
    },
    {
      name: 'shop',
      units: ['shop.service'],
      processes: [],
      ports: [8000],
      containers: [],
      urls: [],
      repo: '/srv/site',
      source: 'sekisho.yaml:18',
    },
  ],
  databases: [{ name: 'app', engine: 'postgresql', service: 'backend' }],
}

export const COMPILED: Compiled = compile(POLICY)

// Sentences about what root copies for an installation.
import type { ErrorWords } from './words.ts'

export const HOST_ERRORS = {
  'host.node_differs': {
    ja: (d) => ({
      what: `この版の node と一致しないので、root の場所に写しませんでした: ${d('path')}`,
      why:
        d('wanted') === '—'
          ? `この CPU（${d('arch')}）の node ${d('version')} の SHA-256 は、この版に登録されていません`
          : `node ${d('version')}（${d('arch')}）の SHA-256 は ${d('wanted')}、このファイルは ${d('found')} です`,
      next: ['rm -r node_modules && script/setup'],
    }),
    en: (d) => ({
      what: `This is not the node of this release, and root did not copy it: ${d('path')}`,
      why:
        d('wanted') === '—'
          ? `this release knows no SHA-256 of node ${d('version')} for this processor (${d('arch')})`
          : `node ${d('version')} (${d('arch')}) has the SHA-256 ${d('wanted')}, this file ${d('found')}`,
      next: ['rm -r node_modules && script/setup'],
    }),
  },
  'host.package_differs': {
    ja: {
      what: 'パッケージのファイルが、組み立てたときのままではありません: {path}',
      why: 'root が動かす場所には、組み立てのときに記録したファイルだけを写します',
      next: ['npm ci', 'npm run build'],
    },
    en: {
      what: 'A file of a package is not as it was when the bundles were made: {path}',
      why: 'only files that the build has listed are copied to where root runs from',
      next: ['npm ci', 'npm run build'],
    },
  },
} as const satisfies ErrorWords

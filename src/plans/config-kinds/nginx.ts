// The configuration of nginx: one set of files, tested and really started in the sandbox.
import type { KindRow } from './kind.ts'

export const nginx: KindRow = {
  name: { ja: 'nginx', en: 'nginx' },
  places: [/^\/etc\/nginx\//],
  activation: 'reload',
  mustActivate: true,
  unit: 'nginx.service',
  target: 'nginx',
  // sites-enabled points at sites-available.
  linksBelow: '/etc/nginx',
  validator: { by: 'nginx' },
  // A failed bind is retried for 2.5 s while the reload has exited 0 (spine §7, tried): look for longer.
  shown: { by: 'nginx', stableMs: 4000 },
  impact: 'nginx',
}

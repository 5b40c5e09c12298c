// A unit file of systemd, or a drop-in of one.
import type { KindRow } from './kind.ts'

export const systemd: KindRow = {
  name: { ja: 'systemd', en: 'systemd' },
  places: [/^\/(etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\//],
  activation: 'restart',
  mustActivate: true,
  unitFile: true,
  validator: { by: 'systemd' },
  shown: { by: 'unit' },
  impact: 'unit',
}

// A moment by the clock on the wall of a zone: its year, month, day, hour, minute and second, two digits each and the year four.

/** `at`: milliseconds since 1970 or an instant in ISO 8601; `zone`: a name of IANA; `locale` decides the zone's short name alone. */
export function localParts(
  at: number | string,
  zone: string,
  locale = 'en-GB',
): (type: Intl.DateTimeFormatPartTypes) => string {
  const parts = new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).formatToParts(new Date(at))
  return (type) => parts.find((one) => one.type === type)?.value ?? ''
}

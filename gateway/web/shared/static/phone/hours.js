/* The hour on the helpline's clock, in its zone: it may be another one than this computer's. */

const clock = { zone: undefined, ahead: 0 };

/** Note in which zone the helpline's clock stands, and by how many seconds it was moved. */
export function set(zone, ahead) {
  clock.zone = zone;
  clock.ahead = ahead;
}

export const now = () => new Date(Date.now() + 1000 * clock.ahead);

export const hour = (at) => at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.zone });

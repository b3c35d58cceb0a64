// npm ical.js, which Thunderbird reads calendars with: what it finds in the calendar that comes in, one line of JSON.
import { readFileSync } from 'node:fs';
import ICAL from 'ical.js';

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, 'utf8')));
const events = calendar.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component, { strictExceptions: true });
    return {
        uid: event.uid,
        sequence: event.sequence,
        status: component.getFirstPropertyValue('status'),
        summary: event.summary,
        starts_at: event.startDate.toJSDate().toISOString(),
        ends_at: event.endDate.toJSDate().toISOString(),
        changed_at: component.getFirstPropertyValue('last-modified').toJSDate().toISOString(),
        url: component.getFirstPropertyValue('url'),
    };
});
const name = calendar.getFirstPropertyValue('x-wr-calname');
const refresh = calendar.getFirstPropertyValue('refresh-interval').toSeconds();
console.log(JSON.stringify({ name, refresh, events }));

//! The picture of a life: its states as boxes, every way from one to another as an arrow with the fact that leads there. As SVG within a
//! page, styled by the page.

use std::fmt::Write as _;

use domain::lifecycle::Transition;

/// A life to draw.
pub struct Life<State: 'static> {
    /// Names the picture within its page.
    pub name: &'static str,
    /// What it shows, for whoever cannot see it.
    pub title: &'static str,
    pub states: &'static [State],
    pub transitions: &'static [Transition<State>],
    pub place: fn(State) -> Place,
    /// The status in the words of the contract.
    pub word: fn(State) -> &'static str,
    /// The same for people.
    pub told: fn(State) -> &'static str,
}

/// Where a state stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the way from the beginning on, counted from above.
    Way(i32),
    /// Beside it, on that line.
    Beside(i32),
}

/// The side of a box at which an arrow begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Arrows with one fact and one end: they run together.
struct Lane<State> {
    fact: &'static str,
    from: Vec<State>,
    to: State,
    side: Side,
}

const BOX_WIDTH: i32 = 190;
const BOX_HEIGHT: i32 = 64;
const STEP: i32 = 112;
const TOP: i32 = 44;
const LANE_STEP: i32 = 18;
/// Room for the name of a fact.
const FACT_WIDTH: i32 = 150;
/// Room beside the boxes of the way, for the names of facts between them.
const BESIDE: i32 = 58;
/// What of a box's side arrows may touch.
const PORTS_HEIGHT: i32 = 58;

/// The picture as SVG.
pub fn draw<State: Copy + PartialEq>(life: &Life<State>) -> String {
    Drawing::new(life).svg()
}

struct Drawing<'l, State: 'static> {
    life: &'l Life<State>,
    lanes: Vec<Lane<State>>,
}

impl<'l, State: Copy + PartialEq> Drawing<'l, State> {
    fn new(life: &'l Life<State>) -> Self {
        let mut lanes: Vec<Lane<State>> = Vec::new();
        for way in life.transitions {
            let Some(from) = way.from else { continue };
            let side = match ((life.place)(from), (life.place)(way.to)) {
                (Place::Way(above), Place::Way(below)) if below == above + 1 => continue,
                (Place::Way(_), Place::Way(_)) => Side::Left,
                (Place::Way(_) | Place::Beside(_), _) => Side::Right,
            };
            match lanes
                .iter_mut()
                .find(|lane| (lane.fact, lane.to) == (way.fact, way.to) && lane.side == side)
            {
                Some(lane) => lane.from.push(from),
                None => lanes.push(Lane {
                    fact: way.fact,
                    from: vec![from],
                    to: way.to,
                    side,
                }),
            }
        }
        Self { life, lanes }
    }

    fn lanes_at(&self, side: Side) -> i32 {
        let count = self.lanes.iter().filter(|lane| lane.side == side).count();
        i32::try_from(count).unwrap_or_default()
    }

    /// The left edge of the boxes of the way.
    fn way_left(&self) -> i32 {
        match self.lanes_at(Side::Left) {
            0 => 8,
            lanes => 8 + FACT_WIDTH + lanes * LANE_STEP,
        }
    }

    fn way_right(&self) -> i32 {
        self.way_left() + BOX_WIDTH
    }

    /// The left edge of the boxes beside it.
    fn beside_left(&self) -> i32 {
        self.way_right() + BESIDE + self.lanes_at(Side::Right) * LANE_STEP + FACT_WIDTH
    }

    fn left_of(&self, state: State) -> i32 {
        match (self.life.place)(state) {
            Place::Way(_) => self.way_left(),
            Place::Beside(_) => self.beside_left(),
        }
    }

    /// The middle of its box.
    fn middle_of(&self, state: State) -> i32 {
        let (Place::Way(line) | Place::Beside(line)) = (self.life.place)(state);
        TOP + line * STEP + BOX_HEIGHT / 2
    }

    /// Where a lane touches a box: at the side that it runs along, apart from the others there.
    fn port(&self, state: State, lane: usize) -> (i32, i32) {
        let side = match (
            self.lanes.get(lane).map(|lane| lane.side),
            (self.life.place)(state),
        ) {
            (Some(Side::Right), Place::Way(_)) => Side::Right,
            (_, Place::Way(_) | Place::Beside(_)) => Side::Left,
        };
        let touches = |lane: &Lane<State>| lane.to == state || lane.from.contains(&state);
        let is_here = |lane: &Lane<State>| {
            let is_beside = matches!((self.life.place)(state), Place::Beside(_));
            touches(lane) && (is_beside || lane.side == side)
        };
        let here: Vec<usize> = (0..self.lanes.len())
            .filter(|index| self.lanes.get(*index).is_some_and(is_here))
            .collect();
        let count = i32::try_from(here.len()).unwrap_or(1);
        let at = here.iter().position(|index| *index == lane).unwrap_or_default();
        let at = i32::try_from(at).unwrap_or_default();
        let x = match side {
            Side::Left => self.left_of(state),
            Side::Right => self.left_of(state) + BOX_WIDTH,
        };
        let first = self.middle_of(state) - PORTS_HEIGHT / 2;
        (x, first + PORTS_HEIGHT * (2 * at + 1) / (2 * count))
    }

    /// Where a lane runs up or down.
    fn lane_x(&self, lane: usize) -> i32 {
        let side = self.lanes.get(lane).map(|lane| lane.side);
        let before = self
            .lanes
            .iter()
            .take(lane)
            .filter(|lane| Some(lane.side) == side);
        let before = i32::try_from(before.count()).unwrap_or_default();
        match side {
            Some(Side::Right) => self.way_right() + BESIDE + before * LANE_STEP,
            Some(Side::Left) | None => 8 + before * LANE_STEP,
        }
    }

    fn svg(&self) -> String {
        let lines = self.life.states.iter().map(|state| self.middle_of(*state)).max();
        let height = lines.unwrap_or_default() + BOX_HEIGHT / 2 + 12;
        let is_beside = |state: &State| matches!((self.life.place)(*state), Place::Beside(_));
        let width = match self.life.states.iter().any(is_beside) {
            true => self.beside_left() + BOX_WIDTH + 8,
            false => self.way_right() + BESIDE,
        };
        let Life { name, title, .. } = self.life;
        let mut svg = format!(
            "<svg class=\"life\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{name}-title\">\n\
             <title id=\"{name}-title\">{title}</title>\n<defs><marker id=\"{name}-tip\" viewBox=\"0 0 8 8\" refX=\"7\" \
             refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/>\
             </marker></defs>\n"
        );
        self.straight(&mut svg);
        (0..self.lanes.len()).for_each(|lane| self.lane(&mut svg, lane));
        self.life
            .states
            .iter()
            .for_each(|state| self.state(&mut svg, *state));
        svg.push_str("</svg>\n");
        svg
    }

    fn arrow(&self, svg: &mut String, from: Option<State>, fact: &str, to: State, path: &str) {
        let from = from.map_or("", self.life.word);
        let (name, to) = (self.life.name, (self.life.word)(to));
        // Writing into a text cannot fail.
        let _ = writeln!(
            svg,
            "<path class=\"way\" data-from=\"{from}\" data-fact=\"{fact}\" data-to=\"{to}\" marker-end=\"url(#{name}-tip)\" \
             d=\"{path}\"/>"
        );
    }

    /// From the beginning to the first box, and from each to the one below. Of several beginnings the others stand to the left.
    fn straight(&self, svg: &mut String) {
        let middle = self.way_left() + BOX_WIDTH / 2;
        let mut beginnings = 0;
        for way in self.life.transitions {
            let ends = self.middle_of(way.to) - BOX_HEIGHT / 2;
            let above = way
                .from
                .map(|from| ((self.life.place)(from), self.middle_of(from)));
            let (x, begins) = match (above, (self.life.place)(way.to)) {
                (None, _) => {
                    beginnings += 1;
                    (middle - (beginnings - 1) * LANE_STEP, ends - 28)
                }
                (Some((Place::Way(above), above_middle)), Place::Way(below)) if below == above + 1 => {
                    (middle, above_middle + BOX_HEIGHT / 2)
                }
                (Some(_), _) => continue,
            };
            self.arrow(svg, way.from, way.fact, way.to, &format!("M{x} {begins}V{ends}"));
            let (beside, anchor) = if x == middle {
                (x + 8, "start")
            } else {
                (x - 8, "end")
            };
            let y = (begins + ends) / 2 + 4;
            let _ = writeln!(
                svg,
                "<text class=\"fact\" x=\"{beside}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>",
                way.fact
            );
        }
    }

    fn lane(&self, svg: &mut String, at: usize) {
        let Some(lane) = self.lanes.get(at) else { return };
        let lane_x = self.lane_x(at);
        let (end_x, end_y) = self.port(lane.to, at);
        for from in &lane.from {
            let (x, y) = self.port(*from, at);
            let path = format!("M{x} {y}H{lane_x}V{end_y}H{end_x}");
            self.arrow(svg, Some(*from), lane.fact, lane.to, &path);
        }
        // The name stands where the lane is alone: at the box beside the way, else at the end.
        let beside = lane.from.iter().chain([&lane.to]);
        let mut beside = beside.filter(|state| matches!((self.life.place)(**state), Place::Beside(_)));
        let (x, y) = match (beside.next(), lane.side) {
            (Some(state), Side::Right) => {
                let (x, y) = self.port(*state, at);
                (x - FACT_WIDTH + 14, y - 4)
            }
            (_, Side::Left | Side::Right) => (end_x - FACT_WIDTH + 14, end_y - 4),
        };
        let _ = writeln!(
            svg,
            "<text class=\"fact\" x=\"{x}\" y=\"{y}\">{}</text>",
            lane.fact
        );
    }

    fn state(&self, svg: &mut String, state: State) {
        let (x, y) = (self.left_of(state), self.middle_of(state) - BOX_HEIGHT / 2);
        let (word, told) = ((self.life.word)(state), (self.life.told)(state));
        let (middle, word_y, told_y) = (x + BOX_WIDTH / 2, y + 28, y + 47);
        let _ = writeln!(
            svg,
            "<rect class=\"state\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"8\"/>\
             <text class=\"word\" x=\"{middle}\" y=\"{word_y}\">{word}</text>\
             <text class=\"told\" x=\"{middle}\" y=\"{told_y}\">{told}</text>"
        );
    }
}

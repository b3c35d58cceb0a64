//! The surface as a whole: its description is complete, and what is described is what is served.

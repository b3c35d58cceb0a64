//! A payment's link as a picture that a telephone can scan: SVG for pages, PNG for everything else.

use std::fmt::Write as _;

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

/// The white margin that scanners need, in modules (ISO/IEC 18004).
const QUIET: usize = 4;
/// The side of a module in the PNG, in pixels.
const PIXELS: usize = 8;

/// Why there is no picture.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    #[error("the text does not fit into a QR code")]
    DoesNotFit,
    #[error("the picture cannot be encoded")]
    Png(#[source] png::EncodingError),
}

/// A QR code of a text.
#[derive(Clone, Debug)]
pub struct QrPicture {
    width: usize,
    /// Row by row; set where it is dark.
    modules: Vec<bool>,
}

impl QrPicture {
    /// The code of a payload, which is opaque here. Level M: it can be read with some 15 % of it spoilt.
    pub fn of(payload: &str) -> Result<Self, QrError> {
        if payload.is_empty() {
            return Err(QrError::DoesNotFit);
        }
        let code =
            QrCode::with_error_correction_level(payload, EcLevel::M).map_err(|_| QrError::DoesNotFit)?;
        let modules = code
            .to_colors()
            .into_iter()
            .map(|color| color == Color::Dark)
            .collect();
        Ok(Self {
            width: code.width(),
            modules,
        })
    }

    /// An SVG image that scales to whatever holds it; nothing of the payload stands in it as text.
    pub fn svg(&self) -> String {
        let side = self.width + 2 * QUIET;
        let mut path = String::new();
        for (index, _) in self.modules.iter().enumerate().filter(|(_, dark)| **dark) {
            let (x, y) = (index % self.width + QUIET, index / self.width + QUIET);
            // Writing to a string cannot fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>"##
        )
    }

    /// A PNG image in grey, one byte a pixel.
    pub fn png(&self) -> Result<Vec<u8>, QrError> {
        let side = (self.width + 2 * QUIET) * PIXELS;
        let pixels: Vec<u8> = (0..side * side)
            .map(|index| {
                if self.dark_at(index % side, index / side) {
                    0
                } else {
                    255
                }
            })
            .collect();
        let side = u32::try_from(side).map_err(|_| QrError::DoesNotFit)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(QrError::Png)?;
        writer.write_image_data(&pixels).map_err(QrError::Png)?;
        writer.finish().map_err(QrError::Png)?;
        Ok(file)
    }

    fn dark_at(&self, x: usize, y: usize) -> bool {
        let module = |pixel: usize| {
            (pixel / PIXELS)
                .checked_sub(QUIET)
                .filter(|module| *module < self.width)
        };
        match (module(x), module(y)) {
            (Some(column), Some(row)) => self
                .modules
                .get(row * self.width + column)
                .copied()
                .unwrap_or(false),
            (None | Some(_), None) | (None, Some(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = "https://qr.nspk.ru/AS1000670LSS7DN18SJQDNP4B05KLJL2?type=02&bank=100000000001&sum=10000&cur=RUB&crc=C08B";

    /// A reader nobody here wrote.
    fn scanned(side: usize, dark: impl Fn(usize, usize) -> bool) -> String {
        let grey = |x, y| if dark(x, y) { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, grey);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn the_png_can_be_scanned() {
        for payload in [PAYLOAD, "https://yookassa.example/payments/1?ключ=значение"] {
            let file = QrPicture::of(payload).unwrap().png().unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let side = reader.next_frame(&mut pixels).unwrap().width as usize;
            assert_eq!(scanned(side, |x, y| pixels[y * side + x] == 0), payload);
            let margin = QUIET.max(4) * PIXELS;
            assert!(
                pixels[..margin * side].iter().all(|pixel| *pixel == 255),
                "scanners need a margin"
            );
            assert!(
                pixels
                    .chunks(side)
                    .all(|row| row[side - margin..].iter().all(|pixel| *pixel == 255))
            );
        }
    }

    #[test]
    fn the_svg_can_be_scanned_and_does_not_show_its_text() {
        let svg = QrPicture::of(PAYLOAD).unwrap().svg();
        assert!(!svg.contains("nspk"));
        let modules: Vec<(usize, usize)> = svg
            .split("M")
            .filter_map(|step| step.split_once("h1v1h-1z"))
            .map(|(place, _)| {
                let (x, y) = place.split_once(' ').unwrap();
                (x.parse().unwrap(), y.parse().unwrap())
            })
            .collect();
        let side: usize = svg
            .split("viewBox=\"0 0 ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let dark = |x: usize, y: usize| modules.contains(&(x / 8, y / 8));
        assert_eq!(scanned(side * 8, dark), PAYLOAD);
    }

    #[test]
    fn what_fits_into_no_code_is_refused() {
        assert!(QrPicture::of("").is_err());
        assert!(QrPicture::of(&"x".repeat(3_000)).is_err());
    }
}

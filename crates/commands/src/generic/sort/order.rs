//! How SORT compares.
//!
//! Numbers are read as borders of score ranges are: up to the first NUL, nothing is 0, too large is infinite, NaN is refused.
//!
//! Elements with equal numbers are compared as bytes, so the result doesn't depend on where they were. Without STORE, ALPHA
//! compares as the C locale does: up to the first NUL. What is equal then stays in the order that it had.

use std::cmp::Ordering;

use base::num;

use super::options::Options;
use crate::CmdError;

const NOT_A_NUMBER: CmdError = CmdError::text_of("ERR One or more scores can't be converted into double");

impl Options<'_> {
    /// Elements in the order of themselves, cut to the limit.
    pub(super) fn order(&self, elements: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, CmdError> {
        if self.alphabetic {
            return self.order_texts(elements);
        }
        let scores =
            elements.iter().map(|element| num::parse_f64_border(element)).collect::<Option<Vec<f64>>>();
        self.order_scores(elements, scores)
    }

    /// Elements in the order of their weights, cut to the limit.
    pub(super) fn order_by(
        &self,
        elements: Vec<Vec<u8>>,
        weights: &[Option<Vec<u8>>],
    ) -> Result<Vec<Vec<u8>>, CmdError> {
        if !self.alphabetic {
            let score = |weight: &Option<Vec<u8>>| {
                weight.as_ref().map_or(Some(0.0), |weight| num::parse_f64_border(weight))
            };
            let scores = weights.iter().map(score).collect::<Option<Vec<f64>>>();
            return self.order_scores(elements, scores);
        }
        let mut pairs: Vec<(&Option<Vec<u8>>, Vec<u8>)> = weights.iter().zip(elements).collect();
        pairs.sort_by(|(a, _), (b, _)| {
            self.directed(match (a, b) {
                (Some(a), Some(b)) => self.compare_texts(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
        });
        Ok(self.cut(pairs.into_iter().map(|(_, element)| element).collect()))
    }

    /// Elements in the order of their texts, cut to the limit.
    pub(super) fn order_texts(&self, mut elements: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, CmdError> {
        elements.sort_by(|a, b| self.directed(self.compare_texts(a, b)));
        Ok(self.cut(elements))
    }

    fn order_scores(
        &self,
        elements: Vec<Vec<u8>>,
        scores: Option<Vec<f64>>,
    ) -> Result<Vec<Vec<u8>>, CmdError> {
        let mut pairs: Vec<(f64, Vec<u8>)> = scores.ok_or(NOT_A_NUMBER)?.into_iter().zip(elements).collect();
        pairs.sort_by(|(a, x), (b, y)| {
            self.directed(a.partial_cmp(b).unwrap_or(Ordering::Equal).then_with(|| x.cmp(y)))
        });
        Ok(self.cut(pairs.into_iter().map(|(_, element)| element).collect()))
    }

    fn directed(&self, ordering: Ordering) -> Ordering {
        if self.descending { ordering.reverse() } else { ordering }
    }

    fn compare_texts(&self, a: &[u8], b: &[u8]) -> Ordering {
        fn c_string(text: &[u8]) -> &[u8] {
            text.split(|&byte| byte == 0).next().unwrap_or_default()
        }
        if self.store.is_some() { a.cmp(b) } else { c_string(a).cmp(c_string(b)) }
    }
}

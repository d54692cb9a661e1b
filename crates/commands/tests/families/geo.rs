//! Searches around random positions against a look at every member.

use base::Rng;

use crate::harness::{Keyspace, bulk, elements};

fn text(reply: &[u8]) -> String {
    String::from_utf8(bulk(reply).to_vec()).unwrap()
}

/// Members with their distances from the member `from`, those that are near enough.
fn by_looking(keyspace: &mut Keyspace, from: &str, members: usize, radius: f64) -> Vec<(f64, String)> {
    let mut near = Vec::new();
    for i in 0..members {
        let member = format!("m{i}");
        let distance: f64 = text(&keyspace.call(&["GEODIST", "g", from, &member, "km"])).parse().unwrap();
        if distance <= radius {
            near.push((distance, member));
        }
    }
    near.sort_by(|a, b| a.partial_cmp(b).unwrap());
    near
}

fn by_searching(keyspace: &mut Keyspace, args: &[&str]) -> Vec<(f64, String)> {
    let reply = keyspace.call(&[&["GEOSEARCH", "g"], args].concat());
    let found = elements(&reply).into_iter().map(|pair| {
        let pair = elements(pair);
        (text(pair[1]).parse().unwrap(), text(pair[0]))
    });
    found.collect()
}

#[test]
fn a_search_finds_what_is_near() {
    for (members, seed) in [(60, 1), (400, 2), (400, 3)] {
        let (mut keyspace, mut rng) = (Keyspace::new(1), Rng::new(seed));
        for i in 0..members {
            // Some in the whole world, some close together, also at the edges of the map.
            let spread = [1.0, 0.1, 0.001][i % 3];
            let longitude = (rng.f64() * 360.0 - 180.0) * spread + if i % 6 == 1 { 160.0 } else { 0.0 };
            let latitude = (rng.f64() * 170.0 - 85.0) * spread + if i % 6 == 4 { 75.0 } else { 0.0 };
            let (longitude, latitude) = (longitude.min(180.0), latitude.min(85.0));
            let args = ["GEOADD", "g", &longitude.to_string(), &latitude.to_string(), &format!("m{i}")];
            assert_eq!(keyspace.call(&args), b":1\r\n");
        }
        for search in 0..60 {
            let from = format!("m{}", rng.below(members as u64));
            let radius = [0.5, 20.0, 700.0, 3000.0, 21_000.0][search % 5];
            let near = by_looking(&mut keyspace, &from, members, radius);
            let radius_text = radius.to_string();
            let args = ["FROMMEMBER", &from, "BYRADIUS", &radius_text, "km", "WITHDIST", "ASC"];
            let mut found = by_searching(&mut keyspace, &args);
            found.sort_by(|a, b| a.partial_cmp(b).unwrap());
            if radius < 3000.0 {
                // Over the edge of the map, a search may miss what is near: Redis's cells are those of the map.
                assert!(found.iter().all(|pair| near.contains(pair)), "{from} {radius}");
                let wide = |pair: &&(f64, String)| !found.contains(pair);
                let missed: Vec<_> = near.iter().filter(wide).collect();
                let is_edge = |member: &str, keyspace: &mut Keyspace| {
                    let reply = keyspace.call(&["GEOPOS", "g", member]);
                    let at = elements(elements(&reply)[0])
                        .into_iter()
                        .map(|part| text(part).parse::<f64>().unwrap());
                    let at: Vec<f64> = at.collect();
                    at[0].abs() > 150.0 || at[1].abs() > 60.0
                };
                assert!(missed.is_empty() || is_edge(&from, &mut keyspace), "{from} {radius} {missed:?}");
            }
            let nearest = by_searching(&mut keyspace, &[&args[..6], &["COUNT", "3"]].concat());
            assert!(nearest.len() == found.len().min(3));
            assert!(nearest.iter().zip(&found).all(|(a, b)| a.0 == b.0), "{nearest:?} {found:?}");
        }
    }
}

/// `plumbline selfcheck`: what a device computes on this machine, held against the reference, each with a bound that says how far rounding can carry it.
///
/// | file | has |
/// |---|---|
/// | `Rounded` | how many roundings each primitive may make: the one place where bounds come from |
/// | `PrimitiveCases`, `WindowCases`, `GramCases`, `MemoryCases` | a table row for each primitive, form and size |
/// | `Identities` | adjoints and traces: what holds on one device by itself |
/// | `Networks`, `ImageNetworks` | a table row for each layer and architecture |
/// | `Derivatives`, `Differences` | what is checked of each network |
package io.plumbline.validate.selfcheck;

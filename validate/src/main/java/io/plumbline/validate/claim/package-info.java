/// The paper's claims as experiments: each states what it asserts and assumes, measures it, and is judged by one rule ([io.plumbline.validate.claim.Verdict]).
/// Source of the claims: Wu, Wang & Su, "The alignment property of SGD noise and how it helps select flat minima: A stability analysis" (2022).
package io.plumbline.validate.claim;

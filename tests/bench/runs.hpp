/// The measurements, one function a P-id of performance.md.
#pragma once
#include "bench/figures.hpp"
#include "support/site.hpp"

namespace wardroom::bench {

void run_p1(Figures& figures);
void run_p2(Figures& figures);
void run_p3(Figures& figures);
void run_p4(Figures& figures);
void run_p5(Figures& figures);
void run_p6(Figures& figures);
void run_p7(Figures& figures);
void run_p8(Figures& figures);
void run_p9(Figures& figures);
void run_p11(Figures& figures);

}  // namespace wardroom::bench

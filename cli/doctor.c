/* SPDX-License-Identifier: MIT */
/*
 * doctor - steps with a clock.
 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cli/report.h"

#include "base/banned.h"

static uint64_t
now_us(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

doctor_step *
doctor_begin(doctor *d, const char *format, ...)
{
    doctor_step *step = &d->steps[d->step_count];
    char text[300];
    va_list args;

    if (d->step_count + 1 < DOCTOR_STEPS)
        d->step_count++;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *step = (doctor_step){.us = now_us()};
    (void)snprintf(step->name, sizeof(step->name), "%.79s", printable(text));
    return step;
}

void
doctor_end(doctor_step *step, bool good, const char *format, ...)
{
    char text[1200];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    step->us = now_us() - step->us;
    step->good = good;
    (void)snprintf(step->text, sizeof(step->text), "%.499s", text);
}

void
doctor_skip(doctor *d, const char *name, const char *format, ...)
{
    doctor_step *step = doctor_begin(d, "%s", name);
    char text[400];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    doctor_end(step, true, "%s", text);
    step->skipped = true;
    step->us = 0;
}

/*
 * Linked before our own code in the coverage build, as at_end.c is linked after
 * it: failing_calls.c injects between the two and nowhere else, not in the test
 * programs and not in gcc's own counting.
 */
void coverage_begin(void);

void coverage_begin(void)
{
}

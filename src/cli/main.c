/* The command-line program: finds the verb and runs it. */
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fprintf(stderr, "simgraph: no verb\n");
    return 2;
}

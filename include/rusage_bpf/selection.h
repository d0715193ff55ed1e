/* What a build of the kernel side records, which SELECTION says: see src/model/selection.h. */
#ifndef RUSAGE_BPF_SELECTION_H
#define RUSAGE_BPF_SELECTION_H

#define RUSAGE_COMMAND 1
#define RUSAGE_TREE 2
#define RUSAGE_CGROUP 3

#endif

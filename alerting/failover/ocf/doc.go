// Package ocf starts or stops a resource by its OCF agent, without a cluster
// manager.
//
// Sources: OCF Resource Agent API 1.0 and 1.1 (ClusterLabs/OCF-spec,
// resource_agent_api.md): where agents are ($OCF_ROOT/resource.d/PROVIDER/TYPE),
// their environment (OCF_ROOT, OCF_RA_VERSION_MAJOR and _MINOR,
// OCF_RESOURCE_INSTANCE, OCF_RESOURCE_TYPE, OCF_RESOURCE_PROVIDER,
// OCF_CHECK_LEVEL, OCF_RESKEY_*), their actions (start, stop, monitor,
// validate-all) and exit codes (0 to 9).
//
// A resource that a cluster manager looks after must not be touched behind its
// back: it would see a failure and act itself. There, use pacemaker.
//
// Rights needed: those of the agent, mostly root.
package ocf

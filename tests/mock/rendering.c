/* SPDX-License-Identifier: MIT */
/* Resolves of depth and stencil by the profile's modes, all of which lavapipe does as sample 0. */
#include <stdatomic.h>

#include "mock.h"

static atomic_uint resolve_modes;

unsigned vk_mockGetResolveModes(void) {
	return resolve_modes;
}

/* The attachment as lavapipe can do it, in `own`. */
static const VkRenderingAttachmentInfo *change_attachment(const VkRenderingAttachmentInfo *attachment,
	VkResolveModeFlags modes, const char *rule, VkRenderingAttachmentInfo *own) {
	if (!attachment || !attachment->imageView || !attachment->resolveMode)
		return attachment;
	if (!(attachment->resolveMode & (modes | VK_RESOLVE_MODE_SAMPLE_ZERO_BIT)))
		mock_violation(rule, "vkCmdBeginRendering has the resolve mode 0x%x", attachment->resolveMode);
	atomic_fetch_or(&resolve_modes, attachment->resolveMode);
	*own = *attachment;
	own->resolveMode = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
	return own;
}

static VKAPI_ATTR void VKAPI_CALL CmdBeginRendering(VkCommandBuffer commands, const VkRenderingInfo *info) {
	VkRenderingAttachmentInfo depth, stencil;
	VkRenderingInfo own = *info;
	if (mock_hides(VK_KHR_DYNAMIC_RENDERING_EXTENSION_NAME))
		mock_violation("VUID-vkCmdBeginRendering-dynamicRendering-06446", "the device does not render so");
	own.pDepthAttachment = change_attachment(info->pDepthAttachment, mock_profile->depth_resolves,
		"VUID-VkRenderingInfo-pDepthAttachment-06102", &depth);
	own.pStencilAttachment = change_attachment(info->pStencilAttachment, mock_profile->stencil_resolves,
		"VUID-VkRenderingInfo-pStencilAttachment-06103", &stencil);
	mock_next.CmdBeginRendering(commands, &own);
}

const struct mock_hook mock_rendering_hooks[] = {MOCK_RENDERING_COMMANDS(MOCK_HOOK){0}};
